import { Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import { isUuid } from '../../common/ids.js'
import { checkFirst, rowCursors } from '../../common/row-cursor.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { findStrays, readChains, readEntries, readHead } from './audit-log.store.js'
import type { AuditFilter, AuditPage, CheckedChain, TenantChain } from './audit.types.js'
import { CHAIN_START, type ChainBreak, type ChainedEntry, type ChainPlace, verifyChain } from './domain/audit-chain.js'

const TEXT_CHARACTERS_MAX = 200
/** Entries may be of 200 000 characters. */
const ENTRIES_PER_PAGE = 200
const cursors = rowCursors('audit', /^[1-9]\d{0,14}$/)

/** Throws BAD_USER_INPUT. */
export function checkFilter(filter: AuditFilter): void {
  for (const [name, value] of Object.entries(filter)) {
    if (typeof value === 'string' && value.length > TEXT_CHARACTERS_MAX) throw badInput(`filter.${name}`, `must have at most ${TEXT_CHARACTERS_MAX} characters`, 'TEXT', { max: TEXT_CHARACTERS_MAX })
  }
}

/** Reads the audit log, and follows its chain. */
@Injectable()
export class AuditReadService {
  constructor(private readonly sql: SqlService) {}

  /** Newest first. Throws BAD_USER_INPUT. */
  async list({ tenantId }: Context, filter: AuditFilter, first: number, after: string | null): Promise<AuditPage> {
    checkFirst(first)
    checkFilter(filter)
    const at = cursors.decode(after)
    const page = { order: 'newest first', after: at === null ? null : Number(at), upTo: null, limit: first + 1 } as const
    // No campaign has such an id.
    if (filter.campaignId != null && !isUuid(filter.campaignId)) return { edges: [], hasNextPage: false }
    const entries = await this.sql.tenant(tenantId, (sql) => readEntries(sql, tenantId, filter, page), { readOnly: true })
    const edges = entries.slice(0, first).map((node) => ({ cursor: cursors.encode(String(node.seq)), node }))
    return { edges, hasNextPage: entries.length > first }
  }

  /** The last entry's number and hash, which everything before it follows from. */
  async head({ tenantId }: Context): Promise<ChainPlace> {
    return (await this.sql.tenant(tenantId, (sql) => readHead(sql, tenantId), { readOnly: true })) ?? CHAIN_START
  }

  /** Those up to the number `upTo`, oldest first, a page in memory at a time; each page is a transaction of its own, for entries do not change. */
  async *entries(tenantId: string, filter: AuditFilter, upTo: number): AsyncGenerator<ChainedEntry> {
    for (let after = 0, more = true; more;) {
      const page = { order: 'oldest first', after, upTo, limit: ENTRIES_PER_PAGE } as const
      const entries = await this.sql.tenant(tenantId, (sql) => readEntries(sql, tenantId, filter, page), { readOnly: true })
      yield* entries
      after = entries.at(-1)?.seq ?? after
      more = entries.length === ENTRIES_PER_PAGE
    }
  }

  /** For who runs the installation: the chains of all tenants, as their heads say. */
  chains(): Promise<TenantChain[]> {
    return this.sql.system((sql) => readChains(sql), { readOnly: true })
  }

  /** Follows a tenant's chain up to its head, as it is now, and through places that somebody has noted elsewhere. */
  async check(chain: TenantChain, noted: readonly ChainPlace[] = []): Promise<CheckedChain> {
    const { tenantId, head } = chain
    if (head === null) {
      return { ...chain, entries: 0, broken: { seq: 1, fault: 'TRUNCATED', message: 'the log has no head: it begins when a tenant is made' } }
    }
    const { entries, broken } = await verifyChain(this.entries(tenantId, {}, head.seq), [head, ...noted])
    return { ...chain, entries, broken: broken ?? (await this.#stray(tenantId, head)) }
  }

  async #stray(tenantId: string, { seq }: ChainPlace): Promise<ChainBreak | null> {
    const { unchained, beyond } = await this.sql.tenant(tenantId, (sql) => findStrays(sql, tenantId), { readOnly: true })
    if (unchained > 0) return { seq: seq + 1, fault: 'ASTRAY', message: `${unchained} entries have no number and no hash` }
    return beyond === null ? null : { seq: beyond, fault: 'ASTRAY', message: 'lies beyond the head, which was put back' }
  }
}
