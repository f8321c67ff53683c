import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { isSafeId, isUuid } from '../../common/ids.js'
import { checkFirst } from '../../common/row-cursor.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { savedAnyway } from '../campaigns/campaign-changes.service.js'
import { GateService } from '../campaigns/gate.service.js'
import { SnapshotService } from '../campaigns/snapshot.service.js'
import { AuditLogService } from '../tenancy/audit-log.service.js'
import { checkSeenRules, validEntry, validRules } from './domain/validate.js'
import {
  countEntries, deleteEntry, findEntryById, gatedCampaigns, growVersion, insertEntries, listEntries, listEntriesAbout, listRules,
  lockTenant, replaceRules, requireCampaigns,
} from './risk-entry.store.js'
import { RiskService } from './risk.service.js'
import type { RiskEntry, RiskEntryInput, RiskEntryPage, RiskList, RiskScope, VelocityRule, VelocityRuleInput } from './risk.types.js'

const FIRST_MAX = 100
const BULK_MAX = 1_000
const ENTRIES_MAX = 100_000
const GATES_AT_ONCE = 4
/** So many fit into one entry of the audit log, whatever their reasons. */
const ENTRIES_PER_RECORD = 100

/** What operators change. When a change returns, the next draw in any process knows of it. */
@Injectable()
export class RiskAdminService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogService,
    private readonly gates: GateService,
    private readonly snapshots: SnapshotService,
    private readonly risk: RiskService,
  ) {}

  /** Newest first. `after`: the id of the last seen. Throws BAD_USER_INPUT, NOT_FOUND. */
  async entries(
    ctx: Context, scope: RiskScope, list: RiskList | null, first: number, after: string | null,
  ): Promise<RiskEntryPage> {
    checkFirst(first)
    if (after !== null && !isUuid(after)) throw badInput('after', 'is no cursor of this list')
    const { campaignId } = scope
    if (campaignId !== null && !isUuid(campaignId)) throw noSuchCampaign()
    const found = await this.prisma.tenant(ctx.tenantId, async (tx) => {
      await requireCampaigns(tx, ctx.tenantId, [campaignId])
      return listEntries(tx, ctx.tenantId, scope, list, first + 1, after)
    })
    return { entries: found.slice(0, first), hasNextPage: found.length > first }
  }

  /** Every entry that names this participant, the tenant's and single campaigns'; newest first, at most 100. Throws BAD_USER_INPUT. */
  async entriesAbout({ tenantId }: Context, userId: string): Promise<readonly RiskEntry[]> {
    if (!isSafeId(userId)) throw badInput('userId', 'must be 1 to 128 characters, none of control and no braces', 'ID', { max: 128 })
    return this.prisma.tenant(tenantId, (tx) => listEntriesAbout(tx, tenantId, 'PARTICIPANT', userId, FIRST_MAX))
  }

  /** Throws CONFLICT when it is on the list already. */
  async add(ctx: Context, input: RiskEntryInput): Promise<RiskEntry> {
    const entry = validEntry(input, 'input')
    return this.#change(ctx, async (tx) => {
      const [stored] = await this.#insert(tx, ctx, [entry])
      if (stored === undefined) throw new AppError('CONFLICT', `${entry.value} is on this list already`, { field: 'input.value', reason: 'LISTED' })
      const { reason, ...after } = stored
      await this.audit.record(tx, ctx, { ...subjectOf(stored), action: 'risk-entry.added', after, reason })
      return { result: stored, changed: true }
    })
  }

  /** All or none; what is on its list already stays as it is. */
  async addMany(ctx: Context, inputs: readonly RiskEntryInput[]): Promise<{ added: number; existing: number }> {
    checkBulk(inputs)
    const entries = inputs.map((input, index) => validEntry(input, `inputs[${index}]`))
    return this.#change(ctx, async (tx) => {
      const added = await this.#insert(tx, ctx, entries)
      // Of several campaigns they are the tenant's.
      const [campaignId = null, ...more] = new Set(added.map(({ campaignId: of }) => of))
      for (let from = 0; from < added.length; from += ENTRIES_PER_RECORD) {
        await this.audit.record(tx, ctx, {
          action: 'risk-entries.added', subjectKind: 'tenant', subjectId: ctx.tenantId, campaignId: more.length > 0 ? null : campaignId,
          after: { entries: added.slice(from, from + ENTRIES_PER_RECORD) },
        })
      }
      return { result: { added: added.length, existing: entries.length - added.length }, changed: added.length > 0 }
    })
  }

  /** What `addMany` would refuse before it looks at the lists. Throws BAD_USER_INPUT, NOT_FOUND. */
  async checkMany({ tenantId }: Context, inputs: readonly RiskEntryInput[]): Promise<void> {
    checkBulk(inputs)
    await this.prisma.tenant(tenantId, (tx) => requireCampaigns(tx, tenantId, inputs.map(({ campaignId }) => campaignId)))
  }

  /** Throws NOT_FOUND. */
  async entry({ tenantId }: Context, id: string): Promise<RiskEntry> {
    const entry = isUuid(id) ? await this.prisma.tenant(tenantId, (tx) => findEntryById(tx, tenantId, id)) : null
    if (entry === null) throw new AppError('NOT_FOUND', 'No such risk entry')
    return entry
  }

  async remove(ctx: Context, id: string): Promise<RiskEntry> {
    const unknown = () => new AppError('NOT_FOUND', 'No such risk entry')
    if (!isUuid(id)) throw unknown()
    return this.#change(ctx, async (tx) => {
      const entry = await deleteEntry(tx, ctx.tenantId, id)
      if (entry === null) throw unknown()
      await this.audit.record(tx, ctx, { ...subjectOf(entry), action: 'risk-entry.removed', before: entry })
      return { result: entry, changed: true }
    })
  }

  /** The campaign's own rules, or the tenant's where `campaignId` is null. */
  async rules(ctx: Context, campaignId: string | null): Promise<readonly VelocityRule[]> {
    if (campaignId !== null && !isUuid(campaignId)) throw noSuchCampaign()
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      await requireCampaigns(tx, ctx.tenantId, [campaignId])
      return listRules(tx, ctx.tenantId, campaignId)
    })
  }

  /** `base`: the rules that these are to replace, in any order; throws CONFLICT where they are others by now. */
  async setRules(
    ctx: Context, campaignId: string | null, rules: readonly VelocityRuleInput[], base?: readonly VelocityRuleInput[],
  ): Promise<readonly VelocityRule[]> {
    if (campaignId !== null && !isUuid(campaignId)) throw noSuchCampaign()
    validRules(rules)
    return this.#change(ctx, async (tx) => {
      await requireCampaigns(tx, ctx.tenantId, [campaignId])
      const before = await listRules(tx, ctx.tenantId, campaignId)
      if (base !== undefined) checkSeenRules(before, base)
      await replaceRules(tx, ctx.tenantId, campaignId, rules)
      const after = await listRules(tx, ctx.tenantId, campaignId)
      const [subjectKind, subjectId] = campaignId === null ? ['tenant', ctx.tenantId] as const : ['campaign', campaignId] as const
      const states = { before: { rules: before }, after: { rules: after } }
      await this.audit.record(tx, ctx, { action: 'velocity-rules.set', subjectKind, subjectId, campaignId, ...states })
      return { result: after, changed: true }
    })
  }

  async #insert(tx: Tx, ctx: Context, entries: readonly RiskEntryInput[]): Promise<RiskEntry[]> {
    await requireCampaigns(tx, ctx.tenantId, entries.map(({ campaignId }) => campaignId))
    const added = await insertEntries(tx, ctx, entries)
    if ((await countEntries(tx, ctx.tenantId)) > ENTRIES_MAX) throw badInput('inputs', `a tenant may have ${ENTRIES_MAX} risk entries at most`, 'LIMIT_REACHED', { max: ENTRIES_MAX })
    return added
  }

  /** Version and change are one transaction; then gates, so that no draw is decided by what was, then every process. */
  async #change<T>(ctx: Context, work: (tx: Tx) => Promise<{ result: T; changed: boolean }>): Promise<T> {
    const { tenantId } = ctx
    const { result, campaigns } = await this.prisma.tenant(tenantId, async (tx) => {
      await lockTenant(tx, tenantId)
      const done = await work(tx)
      if (done.changed) await growVersion(tx, tenantId)
      return { result: done.result, campaigns: done.changed ? await gatedCampaigns(tx, tenantId) : null }
    })
    if (campaigns !== null) {
      this.risk.forget(tenantId)
      await savedAnyway(() => this.#announce(tenantId, campaigns))
    }
    return result
  }

  async #announce(tenantId: string, campaigns: readonly string[]): Promise<void> {
    for (let from = 0; from < campaigns.length; from += GATES_AT_ONCE) {
      await Promise.all(campaigns.slice(from, from + GATES_AT_ONCE).map((id) => this.gates.publish(tenantId, id)))
    }
    await this.snapshots.invalidate(tenantId)
  }
}

const subjectOf = ({ id, campaignId }: RiskEntry) => ({ subjectKind: 'risk-entry' as const, subjectId: id, campaignId })

function checkBulk({ length }: readonly RiskEntryInput[]): void {
  if (length < 1 || length > BULK_MAX) throw badInput('inputs', `must be 1 to ${BULK_MAX}`, 'COUNT', { min: 1, max: BULK_MAX })
}

const noSuchCampaign = () => new AppError('NOT_FOUND', 'No such campaign')
