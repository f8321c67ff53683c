import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { openingLots, soundLots } from './domain/opening-lots.js'
import { BUDGET_JSON, PRIZE_JSON } from './domain/prize-json.js'
import { openSeed, testSeed } from './domain/seed.js'
import type {
  Budget, CampaignSnapshot, CampaignStatus, Durability, Mechanic, OddsTable, SnapshotPrize, StockLot, TicketRules,
} from './domain/snapshot.js'

interface Row {
  id: string
  no: number
  slug: string
  name: string
  description: string | null
  mechanic: Mechanic
  status: CampaignStatus
  version: number
  epoch: number
  redis_run: number
  risk_version: number
  starts_at: Date
  ends_at: Date
  updated_at: Date
  timezone: string
  durability: Durability
  bucket_count: number
  draws_per_user_total: number | null
  draws_per_user_daily: number | null
  wins_per_user: number | null
  requires_tickets: boolean
  guarantee_after_losses: number | null
  budget: Budget | null
  ticket_rules: TicketRules | null
  seed_sealed: Buffer
  prizes: SnapshotPrize[]
  lots: StockLot[]
  eligibility: string | null
  odds_tables: OddsTable[]
}

// One statement: campaign, prizes and the risk version are of one moment.
const SELECT = `
  SELECT c.id, c.no, c.slug, c.name, c.description, c.mechanic, c.status, c.version, c.epoch, c.redis_run, t.risk_version, c.starts_at, c.ends_at,
    c.updated_at, c.timezone, c.durability, c.bucket_count, c.draws_per_user_total, c.draws_per_user_daily, c.wins_per_user,
    c.requires_tickets, c.guarantee_after_losses, ${BUDGET_JSON} AS budget, c.seed_sealed, c.ticket_rules,
    c.eligibility, c.odds_tables,
    coalesce((SELECT jsonb_agg(${PRIZE_JSON} ORDER BY p.position)
      FROM prize p WHERE p.tenant_id = c.tenant_id AND p.campaign_id = c.id AND p.removed_at IS NULL), '[]'::jsonb) AS prizes,
    coalesce((SELECT jsonb_agg(jsonb_build_object('no', l.no, 'position', p.position, 'units', l.units, 'fromMs', l.from_ms, 'untilMs', l.until_ms,
        'totalMinor', l.total_minor) ORDER BY l.no)
      FROM stock_lot l JOIN prize p ON p.tenant_id = l.tenant_id AND p.id = l.prize_id WHERE l.tenant_id = c.tenant_id AND l.campaign_id = c.id), '[]'::jsonb) AS lots
  FROM campaign c JOIN tenant t ON t.id = c.tenant_id
  WHERE c.tenant_id = $1`
const PUBLISHED = `${SELECT} AND c.epoch > 0 AND c.seed_sealed IS NOT NULL`

const toSnapshot = (tenantId: string, row: Row, seed: Buffer): CampaignSnapshot => ({
  tenantId,
  id: row.id,
  no: row.no,
  slug: row.slug,
  name: row.name,
  description: row.description,
  mechanic: row.mechanic,
  status: row.status,
  version: row.version,
  epoch: row.epoch,
  riskVersion: row.risk_version,
  startsAtMs: row.starts_at.getTime(),
  endsAtMs: row.ends_at.getTime(),
  endedAtMs: row.status === 'ENDED' || row.status === 'ARCHIVED' ? row.updated_at.getTime() : null,
  timezone: row.timezone,
  durability: row.durability,
  bucketCount: row.bucket_count,
  drawsPerUserTotal: row.draws_per_user_total,
  drawsPerUserDaily: row.draws_per_user_daily,
  winsPerUser: row.wins_per_user,
  requiresTickets: row.requires_tickets,
  guaranteeAfterLosses: row.guarantee_after_losses,
  budget: row.budget,
  seed,
  ticketRules: row.ticket_rules,
  prizes: row.prizes,
  lots: row.lots,
  eligibility: row.eligibility,
  oddsTables: row.odds_tables,
})

const opened = (tenantId: string, secretKey: string, row: Row) => toSnapshot(tenantId, row, openSeed(secretKey, row.id, row.seed_sealed))

/** A published campaign of the transaction's tenant; null for a draft, and for what does not exist. */
export async function readSnapshot(sql: SqlClient, secretKey: string, tenantId: string, id: string): Promise<CampaignSnapshot | null> {
  const { rows } = await sql.query<Row>(`${PUBLISHED} AND c.id = $2`, [tenantId, id])
  return rows[0] === undefined ? null : opened(tenantId, secretKey, rows[0])
}

/** As `readSnapshot`, FOR SHARE until the transaction ends, with what only gates hold. */
export async function readGateRow(
  sql: SqlClient, secretKey: string, tenantId: string, id: string,
): Promise<{ readonly snapshot: CampaignSnapshot; readonly redisRun: number } | null> {
  const { rows } = await sql.query<Row>(`${PUBLISHED} AND c.id = $2 FOR SHARE OF c`, [tenantId, id])
  return rows[0] === undefined ? null : { snapshot: opened(tenantId, secretKey, rows[0]), redisRun: rows[0].redis_run }
}

const WANTED = { id: 'AND c.id = $2', slug: 'AND c.slug = $2', no: 'AND c.no = $2', all: `AND c.status <> 'ARCHIVED' ORDER BY c.id DESC LIMIT $2` } as const

/** Campaigns as they are configured, drafts included, under their test seeds: by what they are called, or the newest so many of all. */
export async function readConfigurations(
  sql: SqlClient, secretKey: string, tenantId: string, by: keyof typeof WANTED, value: string | number,
): Promise<CampaignSnapshot[]> {
  const { rows } = await sql.query<Row>(`${SELECT} ${WANTED[by]}`, [tenantId, value])
  return rows.map((row) => {
    const configured = toSnapshot(tenantId, row, testSeed(secretKey, row.id))
    return { ...configured, lots: soundLots(openingLots(configured)), test: true }
  })
}

export async function findSnapshotId(sql: SqlClient, tenantId: string, slug: string): Promise<string | null> {
  const { rows } = await sql.query<{ id: string }>('SELECT id FROM campaign WHERE tenant_id = $1 AND slug = $2 AND epoch > 0', [tenantId, slug])
  return rows[0]?.id ?? null
}

/** Those that participants may see, newest first: published and not long over. */
export async function listVisibleIds(sql: SqlClient, tenantId: string, endedAfter: Date, limit: number): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `SELECT id FROM campaign WHERE tenant_id = $1 AND epoch > 0 AND status <> 'ARCHIVED' AND ends_at > $2
     AND (status <> 'ENDED' OR updated_at > $2) ORDER BY id DESC LIMIT $3`,
    [tenantId, endedAfter, limit],
  )
  return rows.map(({ id }) => id)
}

export async function findCampaignByNo(sql: SqlClient, no: number): Promise<{ tenantId: string; id: string } | null> {
  const { rows } = await sql.query<{ tenant_id: string; campaign_id: string }>('SELECT tenant_id, campaign_id FROM system_campaign_by_no($1)', [no])
  return rows[0] === undefined ? null : { tenantId: rows[0].tenant_id, id: rows[0].campaign_id }
}
