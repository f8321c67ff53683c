import { Injectable } from '@nestjs/common'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from '../../../common/context.js'
import { AppError } from '../../../common/errors.js'
import { PrismaService } from '../../../platform/prisma/prisma.service.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { CampaignChangesService } from '../../campaigns/campaign-changes.service.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { GateService } from '../../campaigns/gate.service.js'
import { TestCampaignService } from '../../campaigns/test-campaign.service.js'
import { InventoryService } from '../../inventory/inventory.service.js'
import { type GatesSeen, TestWorldStore, WORLD_LIFETIME_MS } from './test-world.store.js'

const ATTEMPTS_MAX = 60
const WAIT_MS = 25
/** All that a tenant can write in a day, and so all that its test worlds can weigh. */
const REQUESTS_PER_DAY_MAX = 100_000

/**
 * Test worlds: one a campaign, made when it is first drawn from, of the configuration as it stands then. It has all of
 * the stock, is open whatever the campaign's status and times are, and begins anew when the configuration changes. It
 * lives in Redis alone: what is lost, or two days old, begins anew too.
 */
@Injectable()
export class TestWorldService {
  constructor(
    private readonly campaigns: TestCampaignService,
    private readonly store: TestWorldStore,
    private readonly inventory: InventoryService,
    private readonly gates: GateService,
    private readonly prisma: PrismaService,
    private readonly changes: CampaignChangesService,
    private readonly logger: Logger,
  ) {}

  /** The world to draw in, begun where there is none. Null where there is no such campaign. Throws OVERLOADED where it cannot be begun now. */
  async open(tenantId: string, campaignId: string): Promise<CampaignSnapshot | null> {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const configuration = await this.campaigns.get(tenantId, campaignId)
      if (configuration === null) return null
      const seen = await this.store.look(configuration)
      const world = worldOf(configuration, seen)
      if (world !== null) {
        // Lists that changed count for the next draw.
        if (seen.riskVersion < world.riskVersion) await this.gates.setTest(world, false)
        return world
      }
      // Of two who saw different versions, the one who saw the older reads again.
      if (seen.version > configuration.version) continue
      if (await this.store.tryLock(configuration)) return this.#begin(configuration, seen)
      await sleep(WAIT_MS)
    }
    throw new AppError('OVERLOADED', 'The test world is being made. Try again.', { retryAfterMs: 1_000 })
  }

  /** The world as it stands; null where nobody has drawn in it, or the configuration has changed since. */
  async find(configuration: CampaignSnapshot): Promise<CampaignSnapshot | null> {
    return worldOf(configuration, await this.store.look(configuration))
  }

  /** Before a participant does anything in a world. Throws RATE_LIMITED where the tenant has tried too much today. */
  async enter(world: CampaignSnapshot, participantId: string): Promise<void> {
    const { requests, leftMs } = await this.store.countRequest(world.tenantId)
    if (requests > REQUESTS_PER_DAY_MAX) {
      throw new AppError('RATE_LIMITED', `A tenant's test keys may write ${REQUESTS_PER_DAY_MAX} times a day`, { retryAfterMs: leftMs })
    }
    await this.store.enter(world, participantId)
  }

  /** After it: whatever it made ends with the world. */
  leave(world: CampaignSnapshot, participantId: string): Promise<void> {
    return this.store.expire(world, participantId)
  }

  /** Whether `value` is what stands under this name of the participant's: the first that was given. */
  async isFirst(world: CampaignSnapshot, participantId: string, name: string, value: string): Promise<boolean> {
    return (await this.store.keepOnce(world, participantId, name, value)) === value
  }

  /** Empties the campaign's test world: the next draw there begins a new one. Throws NOT_FOUND. */
  async reset(ctx: Context, campaignId: string): Promise<void> {
    const { tenantId, caller } = ctx
    const configuration = await this.campaigns.get(tenantId, campaignId)
    if (configuration === null) throw new AppError('NOT_FOUND', 'There is no such campaign.', { field: 'campaignId' })
    // An operator's doing, and said before it is done: Redis takes part in no transaction. What keys do in test worlds is nobody's change.
    if (caller.kind === 'operator') await this.prisma.tenant(tenantId, (tx) => this.changes.note(tx, ctx, campaignId, 'campaign.test-draws-reset'))
    const { epoch } = await this.store.look(configuration)
    await this.store.close(configuration)
    if (epoch > 0) await this.store.purge({ ...configuration, epoch })
  }

  async #begin(configuration: CampaignSnapshot, seen: GatesSeen): Promise<CampaignSnapshot> {
    try {
      const world = opened(configuration, Math.max(await this.store.nowMs(), seen.epoch + 1))
      await this.store.prepare(world)
      await this.inventory.fillTest(world)
      // Popped units lie in a key that nothing could stand in for before.
      await this.store.expire(world, null)
      // Not before the stock lies there: from now on draws are possible.
      await this.gates.setTest(world, true)
      if (seen.epoch > 0) this.#forget({ ...configuration, epoch: seen.epoch })
      return world
    } finally {
      await this.store.unlock(configuration)
    }
  }

  #forget(old: CampaignSnapshot): void {
    this.store.purge(old).catch((error: unknown) => {
      this.logger.debug({ err: error, campaignId: old.id }, 'An old test world was not taken away: it ends by itself')
    })
  }
}

const worldOf = (configuration: CampaignSnapshot, { whole, version, epoch }: GatesSeen): CampaignSnapshot | null =>
  (whole && version === configuration.version ? opened(configuration, epoch) : null)

/** Open for as long as the world lasts. Nothing of it is made durable: a win is told at once. */
const opened = (configuration: CampaignSnapshot, epoch: number): CampaignSnapshot => ({
  ...configuration,
  epoch,
  status: 'ACTIVE',
  startsAtMs: Math.min(configuration.startsAtMs, epoch),
  endsAtMs: Math.max(configuration.endsAtMs, epoch + WORLD_LIFETIME_MS),
  endedAtMs: null,
  durability: 'FAST',
})
