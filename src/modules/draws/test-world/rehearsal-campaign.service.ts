import { randomBytes, randomInt } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Inject, Injectable } from '@nestjs/common'
import { newId } from '../../../common/ids.js'
import { PLAIN_CAMPAIGN, PLAIN_PRIZE } from '../../campaigns/domain/plain-draft.js'
import type { CampaignSnapshot } from '../../campaigns/domain/snapshot.js'
import { GateService } from '../../campaigns/gate.service.js'
import { SnapshotService } from '../../campaigns/snapshot.service.js'
import { InventoryService } from '../../inventory/inventory.service.js'
import { RiskService } from '../../risk/risk.service.js'
import { INCARNATION, type Incarnation } from '../draws.types.js'
import { TestWorldStore, WORLD_LIFETIME_MS } from './test-world.store.js'

const LOOK_MS = 10
/** Beyond what a row can have: no draw's id and no campaign names it. */
const NO_MIN = 2 ** 31
const NO_MAX = 2 ** 40
/** One draw in five is won. */
const WON_PPB = 200_000_000
const STOCK = 1_000_000

/**
 * A campaign of a tenant that does not exist, which this process alone knows, for draws that try its own way before anybody else takes
 * it. In Redis it has a test world's names, all of which end by themselves; Postgres never hears of it.
 */
@Injectable()
export class RehearsalCampaign {
  constructor(
    private readonly snapshots: SnapshotService,
    private readonly worlds: TestWorldStore,
    private readonly inventory: InventoryService,
    private readonly gates: GateService,
    private readonly risk: RiskService,
    @Inject(INCARNATION) private readonly incarnation: Incarnation,
  ) {}

  /** Open for draws of these participants. Null where Redis is not vouched for within `waitMsMax`. Throws when it cannot be reached. */
  async open(participants: readonly string[], waitMsMax: number): Promise<CampaignSnapshot | null> {
    for (const until = performance.now() + waitMsMax; !this.incarnation.isCurrent(); await sleep(LOOK_MS)) {
      if (performance.now() >= until) return null
    }
    const campaign = campaignAt(await this.worlds.nowMs())
    await this.worlds.prepare(campaign)
    await this.inventory.fillTest(campaign)
    for (const participant of participants) await this.worlds.enter(campaign, participant)
    await this.gates.setTest(campaign, true)
    this.risk.lend(campaign.tenantId)
    this.snapshots.lend(campaign)
    return campaign
  }

  /** Nothing is left of it. What cannot be taken away now ends by itself. */
  async close(campaign: CampaignSnapshot): Promise<void> {
    this.snapshots.takeBack(campaign)
    this.risk.forget(campaign.tenantId)
    await this.worlds.close(campaign)
    await this.worlds.purge(campaign)
  }
}

function campaignAt(nowMs: number): CampaignSnapshot {
  const prize = { ...PLAIN_PRIZE, id: newId(), position: 1, name: 'Rehearsal', imageUrl: null, probabilityPpb: WON_PPB, stockTotal: STOCK }
  return {
    ...PLAIN_CAMPAIGN,
    tenantId: newId(), id: newId(), no: randomInt(NO_MIN, NO_MAX), slug: 'rehearsal', name: 'Rehearsal', test: true,
    status: 'ACTIVE', durability: 'FAST', version: 1, epoch: nowMs, riskVersion: 0,
    startsAtMs: nowMs, endsAtMs: nowMs + WORLD_LIFETIME_MS, endedAtMs: null,
    seed: randomBytes(32), prizes: [prize], lots: [],
  }
}
