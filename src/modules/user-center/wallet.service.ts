import { Injectable, type OnModuleInit } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import { isSafeId } from '../../common/ids.js'
import type { AwardRow, EventEnvelope, EventType } from '../../platform/events/event.types.js'
import { type EventConsumer, EventConsumers } from '../../platform/events/event-consumers.js'
import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { WalletStore } from './wallet.store.js'
import type { WalletCampaign, WalletItem } from './wallet.types.js'

const ITEMS_MAX = 1_000
const CAMPAIGNS_MAX = 100

/** A participant's wallet: the awards of every campaign, as change events told of them. */
@Injectable()
export class WalletService implements EventConsumer, OnModuleInit {
  readonly consumer = 'USER_CENTER'
  /** Settled draws are taken note of: notifications will want the losing ones too. */
  readonly types: readonly EventType[] = ['drawbridge.draw.settled', 'drawbridge.award.changed']

  readonly #listeners: Array<(tenantId: string) => void> = []

  constructor(private readonly store: WalletStore, private readonly consumers: EventConsumers) {}

  /** `listener` is called when awards of a tenant have come into being: a hint, which may be lost or repeated. */
  onAwards(listener: (tenantId: string) => void): void {
    this.#listeners.push(listener)
  }

  onModuleInit(): void {
    this.consumers.register(this)
  }

  async apply(sql: SqlClient, tenantId: string, events: readonly EventEnvelope[]): Promise<void> {
    const newest = new Map<string, AwardRow>()
    for (const event of events) {
      if (event.type !== 'drawbridge.award.changed') continue
      const award = event.data.after
      if ((newest.get(award.id)?.version ?? 0) < award.version) newest.set(award.id, award)
    }
    if (newest.size > 0) await this.store.put(sql, tenantId, [...newest.values()])
    // Their rows are committed, whatever becomes of this transaction.
    if ([...newest.values()].some(({ status }) => status === 'GRANTED')) for (const listener of this.#listeners) listener(tenantId)
  }

  /** The newest first, at most 1000. */
  async items(ctx: Context, participantId: string): Promise<readonly WalletItem[]> {
    requireSafe(participantId)
    return this.store.items(ctx.tenantId, participantId, ITEMS_MAX)
  }

  /** Where the participant has awards, of any status; the latest first, at most 100. Throws BAD_USER_INPUT. */
  async campaigns(ctx: Context, participantId: string): Promise<WalletCampaign[]> {
    requireSafe(participantId)
    return this.store.campaigns(ctx.tenantId, participantId, CAMPAIGNS_MAX)
  }
}

function requireSafe(participantId: string): void {
  if (!isSafeId(participantId)) throw badInput('userId', 'must be 1 to 128 characters, none of control and no braces', 'ID', { max: 128 })
}
