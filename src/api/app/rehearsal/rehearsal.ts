import { Inject, Injectable } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyInstance } from 'fastify'
import { Gauge } from 'prom-client'
import { newId } from '../../../common/ids.js'
import { CONFIG, type RuntimeConfig } from '../../../config/config.module.js'
import type { CampaignSnapshot } from '../../../modules/campaigns/domain/snapshot.js'
import { RehearsalCampaign } from '../../../modules/draws/test-world/rehearsal-campaign.service.js'
import { newApiKeySecret } from '../../../modules/tenancy/domain/secrets.js'
import { ApiKeyService } from '../../../modules/tenancy/api-key.service.js'
import type { ApiKeyIdentity } from '../../../modules/tenancy/tenancy.types.js'
import { Features } from '../../../platform/features/features.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import { APP_PATH } from '../../graphql/graphql-http.js'
import { DRAW_DOCUMENT } from '../warm-up.service.js'
import { InnerConnection } from './inner-connection.js'

/** Callers at the same time: batches of decisions are then what they are in a rush. */
const CALLERS = 16
const PARTICIPANTS = Array.from({ length: 64 }, (_, n) => `rehearsal-${n}`)
/** A process is ready after so long, however far it came. */
const MS_MAX = 2_000
const WAIT_MS_MAX = 1_000
/** One in so many takes the general way, through the GraphQL server. */
const GENERAL_OF = 20
/** One in so many comes with a key that nobody has, and is looked for in Postgres. */
const UNKNOWN_OF = 50
/** Nobody asked for what these have counted. */
const COUNTED = [
  'draws_total', 'draws_begun_total', 'door_requests_total', 'compiled_draws_total', 'http_requests_total', 'http_request_seconds', 'refusals_total',
]

/**
 * Draws of a campaign that nobody has, over HTTP without a socket, before this process listens: what is compiled, cached and connected on a draw's way
 * is so when the first caller comes. Nothing of them is left: no row, no key, no count.
 */
@Injectable()
export class Rehearsal {
  readonly #rehearsed: Gauge

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly host: HttpAdapterHost,
    private readonly campaigns: RehearsalCampaign,
    private readonly apiKeys: ApiKeyService,
    private readonly features: Features,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {
    this.#rehearsed = new Gauge({ name: 'drawbridge_rehearsed_draws', help: 'Draws that this process made of a campaign that nobody has before it was ready', registers: [metrics.registry] })
  }

  /** Never throws: a process that could not rehearse serves all the same, its first draws more slowly. */
  async play(): Promise<void> {
    if (this.config.rehearsedDraws === 0) return
    const began = performance.now()
    try {
      const campaign = await this.campaigns.open(PARTICIPANTS, WAIT_MS_MAX)
      if (campaign === null) return this.logger.debug({}, 'No rehearsal: Redis is not vouched for yet')
      const accepted = await this.#playOn(campaign, began + MS_MAX).finally(() => this.campaigns.close(campaign))
      this.#rehearsed.set(accepted)
      this.logger.debug({ accepted, tookMs: Math.round(performance.now() - began) }, 'Rehearsed')
    } catch (error) {
      this.logger.warn({ err: error }, 'The rehearsal was broken off: first draws will be slower than later ones')
    } finally {
      this.#forgetCounts()
    }
  }

  /** How many were accepted. */
  async #playOn(campaign: CampaignSnapshot, until: number): Promise<number> {
    const identity: ApiKeyIdentity = {
      tenantId: campaign.tenantId, tenantSlug: campaign.slug, drawsPerSecondMax: this.config.rehearsedDraws,
      apiKeyId: newId(), keyDrawsPerSecondMax: null, serverParticipantDrawsPerSecondMax: null, test: false,
    }
    const secret = await this.apiKeys.lend(identity)
    const { server } = this.host.httpAdapter.getInstance<FastifyInstance>()
    const callers = Array.from({ length: CALLERS }, () => new InnerConnection(server))
    let asked = 0
    let accepted = 0
    try {
      await Promise.all(callers.map(async (caller) => {
        while (asked < this.config.rehearsedDraws && performance.now() < until) {
          const n = asked++
          const key = n % UNKNOWN_OF === 1 ? newApiKeySecret('LIVE').secret : secret
          const status = await caller.post(APP_PATH, { 'x-api-key': key }, bodyOf(campaign.id, n))
          if (status === 200) accepted++
        }
      }))
    } finally {
      for (const caller of callers) caller.close()
      this.apiKeys.takeBack(secret, identity)
    }
    return accepted
  }

  #forgetCounts(): void {
    for (const name of COUNTED) this.metrics.registry.getSingleMetric(`drawbridge_${name}`)?.reset()
    this.metrics.stageSeconds.remove({ stage: 'admission' })
    this.features.health.forgetDraws()
  }
}

function bodyOf(campaignId: string, n: number): string {
  const input = { campaignId, userId: PARTICIPANTS[n % PARTICIPANTS.length], idempotencyKey: `rehearsal-${n}` }
  return JSON.stringify({ query: DRAW_DOCUMENT, variables: { input }, ...(n % GENERAL_OF === 0 ? { extensions: {} } : {}) })
}
