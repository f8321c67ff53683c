import { Inject, Injectable } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyInstance } from 'fastify'
import { Counter, Gauge } from 'prom-client'
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
/** Of the draws with a good key, those that must have been answered: else it was no rehearsal of what comes. */
const ANSWERED_MIN = 0.5
/** whole: all draws; short: as many as there was time for; refused: too few were answered; unvouched: nobody vouched for Redis in time; failed: broken off. */
const RESULTS = ['whole', 'short', 'refused', 'unvouched', 'failed'] as const
type Result = (typeof RESULTS)[number]
/** Nobody asked for what these have counted. */
const COUNTED = [
  'draws_total', 'draws_begun_total', 'door_requests_total', 'compiled_draws_total', 'http_requests_total', 'http_request_seconds', 'refusals_total', 'rate_limited_total',
]

/**
 * Draws of a campaign that nobody has, over HTTP without a socket, before this process listens: what is compiled, cached and connected on a draw's way
 * is so when the first caller comes. Nothing of them is left: no row, no key, no count. A process that could not rehearse is ready all the same: it
 * answers, its first draws more slowly, and where it could not, others could not either (docs/adr/0049).
 */
@Injectable()
export class Rehearsal {
  readonly #rehearsed: Gauge
  readonly #results: Counter<'result'>

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
    this.#results = new Counter({
      name: 'drawbridge_rehearsals_total', help: `Starts of this process by what became of their rehearsal; result: ${RESULTS.join(', ')}`,
      labelNames: ['result'], registers: [metrics.registry],
    })
    for (const result of RESULTS) this.#results.inc({ result }, 0)
  }

  /** Never throws: a process that could not rehearse serves all the same, its first draws more slowly. */
  async play(): Promise<void> {
    if (this.config.rehearsedDraws === 0) return
    const began = performance.now()
    try {
      const campaign = await this.campaigns.open(PARTICIPANTS, WAIT_MS_MAX)
      if (campaign === null) return this.#ended('unvouched', { waitedMs: WAIT_MS_MAX })
      const { asked, answered } = await this.#playOn(campaign, began + MS_MAX).finally(() => this.campaigns.close(campaign))
      this.#rehearsed.set(answered)
      const result = answered < asked * ANSWERED_MIN ? 'refused' : asked < this.config.rehearsedDraws ? 'short' : 'whole'
      this.#ended(result, { asked, answered, tookMs: Math.round(performance.now() - began) })
    } catch (error) {
      this.#ended('failed', { err: error })
    } finally {
      this.#forgetCounts()
    }
  }

  #ended(result: Result, fields: object): void {
    this.#results.inc({ result })
    if (result === 'whole' || result === 'short') this.logger.debug({ result, ...fields }, 'Rehearsed')
    else this.logger.warn({ result, ...fields }, 'Ready without a rehearsal: the first draws will be slower than later ones')
  }

  /** How many were made, and how many of them were answered. */
  async #playOn(campaign: CampaignSnapshot, until: number): Promise<{ asked: number; answered: number }> {
    const identity: ApiKeyIdentity = {
      tenantId: campaign.tenantId, tenantSlug: campaign.slug, drawsPerSecondMax: this.config.rehearsedDraws,
      apiKeyId: newId(), keyDrawsPerSecondMax: null, serverParticipantDrawsPerSecondMax: null, test: false, isRehearsal: true,
    }
    const secret = await this.apiKeys.lend(identity)
    const { server } = this.host.httpAdapter.getInstance<FastifyInstance>()
    const callers = Array.from({ length: CALLERS }, () => new InnerConnection(server))
    let asked = 0
    let answered = 0
    try {
      await Promise.all(callers.map(async (caller) => {
        while (asked < this.config.rehearsedDraws && performance.now() < until) {
          const n = asked++
          const key = n % UNKNOWN_OF === 1 ? newApiKeySecret('LIVE').secret : secret
          const status = await caller.post(APP_PATH, { 'x-api-key': key }, bodyOf(campaign.id, n))
          if (status === 200) answered++
        }
      }))
    } finally {
      for (const caller of callers) caller.close()
      this.apiKeys.takeBack(secret, identity)
    }
    return { asked, answered }
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
