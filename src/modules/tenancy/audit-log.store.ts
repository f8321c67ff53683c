import type { SqlClient } from '../../platform/prisma/sql.service.js'
import type { AuditFilter, TenantChain } from './audit.types.js'
import type { ChainedEntry, ChainPlace } from './domain/audit-chain.js'

const FIELDS = `tenant_id AS "tenantId", seq, at, actor_kind AS "actorKind", actor_id AS "actorId", action, subject_kind AS "subjectKind",
  subject_id AS "subjectId", campaign_id AS "campaignId", before, after, reason, request_id AS "requestId", ip,
  encode(previous_hash, 'hex') AS "previousHash", encode(hash, 'hex') AS hash`

type Row = Omit<ChainedEntry, 'seq'> & { readonly seq: string }
interface HeadRow { seq: string; hash: Buffer }

const toPlace = ({ seq, hash }: HeadRow): ChainPlace => ({ seq: Number(seq), hash: hash.toString('hex') })

/** One page of a tenant's log. `after` and `upTo`: numbers of entries, the first exclusive, in the order of reading. */
export async function readEntries(
  sql: SqlClient, tenantId: string, filter: AuditFilter,
  { order, after, upTo, limit }: { order: 'oldest first' | 'newest first'; after: number | null; upTo: number | null; limit: number },
): Promise<ChainedEntry[]> {
  const ascending = order === 'oldest first'
  const values: unknown[] = [tenantId]
  const conditions = ['tenant_id = $1', 'seq IS NOT NULL']
  const where = (condition: string, value: unknown) => {
    if (value != null) conditions.push(condition.replace('?', () => `$${values.push(value)}`))
  }
  where(`seq ${ascending ? '>' : '<'} ?`, after)
  where('seq <= ?', upTo)
  where('seq = ?', filter.seq)
  where('actor_id = ?', filter.actorId)
  where(filter.action?.endsWith('.') === true ? 'starts_with(action, ?)' : 'action = ?', filter.action)
  where('subject_kind = ?', filter.subjectKind)
  where('subject_id = ?', filter.subjectId)
  where('campaign_id = ?', filter.campaignId)
  where('at >= ?', filter.from)
  where('at < ?', filter.to)
  const { rows } = await sql.query<Row>(
    `SELECT ${FIELDS} FROM audit_log WHERE ${conditions.join(' AND ')} ORDER BY seq ${ascending ? 'ASC' : 'DESC'} LIMIT $${values.push(limit)}`, values)
  return rows.map((row) => ({ ...row, seq: Number(row.seq) }))
}

/** Null where the tenant has no entry. */
export async function readHead(sql: SqlClient, tenantId: string): Promise<ChainPlace | null> {
  const { rows: [row] } = await sql.query<HeadRow>('SELECT seq, hash FROM audit_head WHERE tenant_id = $1', [tenantId])
  return row === undefined ? null : toPlace(row)
}

/** Of every tenant, by their slugs; without a tenant's transaction. */
export async function readChains(sql: SqlClient): Promise<TenantChain[]> {
  const { rows } = await sql.query<{ tenant_id: string; tenant_slug: string; seq: string | null; hash: Buffer }>('SELECT * FROM system_audit_heads()')
  return rows.map(({ tenant_id: tenantId, tenant_slug: tenantSlug, seq, hash }) =>
    ({ tenantId, tenantSlug, head: seq === null ? null : toPlace({ seq, hash }) }))
}

/** Committed entries that no chain holds, and the lowest number beyond the head: of one moment, in which neither can be. */
export async function findStrays(sql: SqlClient, tenantId: string): Promise<{ unchained: number; beyond: number | null }> {
  const { rows: [row] } = await sql.query<{ unchained: number; beyond: string | null }>(
    `SELECT (SELECT count(*)::int FROM audit_log WHERE tenant_id = $1 AND seq IS NULL) AS unchained,
       (SELECT min(l.seq) FROM audit_log l WHERE l.tenant_id = $1
          AND l.seq > coalesce((SELECT h.seq FROM audit_head h WHERE h.tenant_id = $1), 0)) AS beyond`, [tenantId])
  const { unchained, beyond } = row!
  return { unchained, beyond: beyond === null ? null : Number(beyond) }
}
