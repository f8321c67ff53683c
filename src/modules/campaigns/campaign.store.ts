import { newId } from '../../common/ids.js'
import { Prisma } from '../../generated/prisma/client.js'
import type { Tx } from '../../platform/prisma/prisma.service.js'
import type { Campaign, CampaignDraft, CampaignPrize, PrizeDraft } from './campaigns.types.js'
import { readFulfilment } from './domain/fulfilment.js'
import { orderedRelease, type Release } from './domain/release.js'
import { openSeed, revealedSeed } from './domain/seed.js'
import { storedTables, withPrizesResolved } from './domain/odds-tables.js'
import type { Budget, CampaignStatus, OddsTable, PacketPlan } from './domain/snapshot.js'
import { effectiveStatus, type StatusTimes } from './domain/status.js'
import type { PublishedRow } from './publication.service.js'
import { readTicketRules } from './domain/ticket-rules.js'

const WITH_PRIZES = { prizes: { where: { removedAt: null }, orderBy: { position: 'asc' } } } as const satisfies Prisma.CampaignInclude
export type CampaignRow = Prisma.CampaignGetPayload<{ include: typeof WITH_PRIZES }>
type PrizeRow = CampaignRow['prizes'][number]

const POSITION_MAX = 1_000

export const timesOf = (row: Pick<CampaignRow, 'status' | 'startsAt' | 'endsAt'>): StatusTimes =>
  ({ status: row.status, startsAtMs: row.startsAt.getTime(), endsAtMs: row.endsAt.getTime() })

const toPrize = (row: PrizeRow): CampaignPrize => ({
  id: row.id,
  position: row.position,
  name: row.name,
  kind: row.kind,
  imageUrl: row.imageUrl,
  probabilityPpb: row.probabilityPpb,
  stockTotal: row.stockTotal,
  isFallback: row.isFallback,
  winsPerUser: row.winsPerUser,
  unlockAfterDraws: row.unlockAfterDraws,
  value: row.valueMinor === null || row.valueCurrency === null ? null : { amountMinor: row.valueMinor, currency: row.valueCurrency },
  fallbackOrder: row.fallbackOrder,
  isGuarantee: row.isGuarantee,
  winsPerUserDaily: row.winsPerUserDaily,
  winsPerDay: row.winsPerDay,
  release: row.release === null ? null : orderedRelease(row.release as unknown as Release),
  unlockAfterStreakDays: row.unlockAfterStreakDays,
  fulfilment: readFulfilment(row.fulfilment),
  packets: toPackets(row.packets),
})

// jsonb has its own order of names; equal plans must look equal.
function toPackets(json: Prisma.JsonValue): PacketPlan | null {
  if (json === null) return null
  const { totalMinor, waves } = json as unknown as PacketPlan
  return { totalMinor, waves: waves.map((wave) => ({ startsAtMs: wave.startsAtMs, packets: wave.packets, totalMinor: wave.totalMinor })) }
}

/** What a draft and a campaign both say of themselves. */
const settingsOf = (row: CampaignRow): Omit<CampaignDraft, 'prizes' | 'oddsTables'> => ({
  slug: row.slug,
  name: row.name,
  description: row.description,
  mechanic: row.mechanic,
  startsAt: row.startsAt,
  endsAt: row.endsAt,
  timezone: row.timezone,
  durability: row.durability,
  bucketCount: row.bucketCount,
  drawsPerUserTotal: row.drawsPerUserTotal,
  drawsPerUserDaily: row.drawsPerUserDaily,
  winsPerUser: row.winsPerUser,
  requiresTickets: row.requiresTickets,
  guaranteeAfterLosses: row.guaranteeAfterLosses,
  budget: row.budgetCurrency === null ? null
    : { currency: row.budgetCurrency, totalMinor: row.budgetTotalMinor, dailyMinor: row.budgetDailyMinor },
  ticketRules: readTicketRules(row.ticketRules),
  eligibility: row.eligibility,
})

// What the column holds is written by `tableColumn` alone.
const tablesOf = (row: CampaignRow): OddsTable[] => row.oddsTables as unknown as OddsTable[]

/** The draft's odds tables as their column has them; `positions`: its prizes', in their order. */
export const tableColumn = (draft: CampaignDraft, positions: readonly number[]): Prisma.InputJsonArray =>
  storedTables(draft, positions) as unknown as Prisma.InputJsonArray

export function toCampaign(row: CampaignRow, secretKey: string, nowMs = Date.now()): Campaign {
  const ended = row.status === 'ENDED' || row.status === 'ARCHIVED'
  const seed = ended && row.seedSealed !== null ? openSeed(secretKey, row.id, Buffer.from(row.seedSealed)) : null
  return {
    id: row.id,
    ...settingsOf(row),
    status: effectiveStatus(timesOf(row), nowMs),
    version: row.version,
    seedHash: row.seedHash === null ? null : Buffer.from(row.seedHash).toString('hex'),
    revealedSeed: revealedSeed({ status: row.status, endedAtMs: ended ? row.updatedAt.getTime() : null, seed }, nowMs),
    prizes: row.prizes.map(toPrize),
    oddsTables: tablesOf(row),
  }
}

const toPrizeDraft = (row: PrizeRow): PrizeDraft => {
  const { position: _position, imageUrl: _imageUrl, ...draft } = toPrize(row)
  return draft
}

const prizeIdAt = (row: CampaignRow, position: number): string => row.prizes.find((prize) => prize.position === position)!.id

export const toDraft = (row: CampaignRow): CampaignDraft => withPrizesResolved({
  ...settingsOf(row),
  prizes: row.prizes.map(toPrizeDraft),
  oddsTables: tablesOf(row).map((table) => ({
    ...table,
    entries: table.entries.map(({ position, probabilityPpb }) => ({ prize: prizeIdAt(row, position), probabilityPpb })),
  })),
})

/** The columns of what is one value to an operator. */
const budgetColumns = (budget: Budget | null) =>
  ({ budgetCurrency: budget?.currency ?? null, budgetTotalMinor: budget?.totalMinor ?? null, budgetDailyMinor: budget?.dailyMinor ?? null })

/** The campaign's own columns of a draft, as the database takes them. `positions`: its prizes', in their order. */
export const campaignColumns = (draft: CampaignDraft, positions: readonly number[]) => {
  const { prizes: _, ticketRules, budget, ...columns } = draft
  return {
    ...columns,
    ...budgetColumns(budget),
    ticketRules: ticketRules === null ? Prisma.DbNull : (ticketRules as object as Prisma.InputJsonObject),
    oddsTables: tableColumn(draft, positions),
  }
}

const prizeColumns = ({ id: _, value, release, fulfilment, packets, ...columns }: PrizeDraft) => ({
  ...columns,
  valueMinor: value?.amountMinor ?? null,
  valueCurrency: value?.currency ?? null,
  release: release === null ? Prisma.DbNull : (orderedRelease(release) as unknown as Prisma.InputJsonObject),
  fulfilment: fulfilment === null ? Prisma.DbNull : { ...fulfilment },
  packets: packets === null ? Prisma.DbNull : (packets as unknown as Prisma.InputJsonObject),
})

export function findCampaign(tx: Tx, tenantId: string, id: string): Promise<CampaignRow | null> {
  return tx.campaign.findUnique({ where: { tenantId_id: { tenantId, id } }, include: WITH_PRIZES })
}

/** As `findCampaign`, and nobody else changes the row until the transaction ends; those who share it (settlement) are waited for. */
export async function lockCampaign(tx: Tx, tenantId: string, id: string): Promise<CampaignRow | null> {
  await tx.$queryRaw`SELECT 1 FROM campaign WHERE tenant_id = ${tenantId}::uuid AND id = ${id}::uuid FOR NO KEY UPDATE`
  return findCampaign(tx, tenantId, id)
}

/** What its stock's opening needs of a row. */
export const publishedRow = (row: CampaignRow): PublishedRow => ({ ...row, prizes: row.prizes.map(toPrize) })

/** Null when the tenant has a campaign of that slug. */
export async function insertCampaign(tx: Tx, tenantId: string, draft: CampaignDraft): Promise<CampaignRow | null> {
  const id = newId()
  const columns = campaignColumns(draft, draft.prizes.map((_, i) => i + 1))
  const { count } = await tx.campaign.createMany({ data: [{ tenantId, id, ...columns }], skipDuplicates: true })
  if (count === 0) return null
  await insertPrizes(tx, tenantId, id, draft.prizes, 0)
  return findCampaign(tx, tenantId, id)
}

async function insertPrizes(
  tx: Tx, tenantId: string, campaignId: string, prizes: readonly PrizeDraft[], lastPosition: number,
): Promise<void> {
  const data = prizes.map((prize, i) => ({ tenantId, id: newId(), campaignId, position: lastPosition + i + 1, ...prizeColumns(prize) }))
  if (data.length > 0) await tx.prize.createMany({ data })
}

/**
 * The list that replaces the campaign's prizes, each known by its id. Returns their positions, or null when the campaign
 * has had too many: positions are used once.
 */
export async function replacePrizes(tx: Tx, row: CampaignRow, prizes: readonly PrizeDraft[]): Promise<number[] | null> {
  const { tenantId, id: campaignId } = row
  const { _max } = await tx.prize.aggregate({ where: { tenantId, campaignId }, _max: { position: true } })
  const added = prizes.filter(({ id }) => id === null)
  if ((_max.position ?? 0) + added.length > POSITION_MAX) return null
  const kept = new Map(prizes.flatMap((prize) => (prize.id === null ? [] : [[prize.id, prize]])))
  const removed = row.prizes.filter(({ id }) => !kept.has(id)).map(({ id }) => id)
  if (removed.length > 0) await tx.prize.updateMany({ where: { tenantId, id: { in: removed } }, data: { removedAt: new Date() } })
  const before = new Map(row.prizes.map((prize) => [prize.id, prize]))
  const changed = [...kept].filter(([id, prize]) => JSON.stringify(toPrizeDraft(before.get(id)!)) !== JSON.stringify(prize))
  for (const [id, prize] of changed) {
    await tx.prize.update({ where: { tenantId_id: { tenantId, id } }, data: prizeColumns(prize) })
  }
  await insertPrizes(tx, tenantId, campaignId, added, _max.position ?? 0)
  let last = _max.position ?? 0
  return prizes.map(({ id }) => (id === null ? ++last : before.get(id)!.position))
}

/** Rows whose effective status at `now` is `status`. */
function statusFilter(status: CampaignStatus, now: Date): Prisma.CampaignWhereInput {
  switch (status) {
    case 'SCHEDULED': return { status: { in: ['SCHEDULED', 'ACTIVE'] }, startsAt: { gt: now }, endsAt: { gt: now } }
    case 'ACTIVE': return { status: { in: ['SCHEDULED', 'ACTIVE'] }, startsAt: { lte: now }, endsAt: { gt: now } }
    case 'PAUSED': return { status, endsAt: { gt: now } }
    case 'ENDED': return { OR: [{ status }, { status: { in: ['SCHEDULED', 'ACTIVE', 'PAUSED'] }, endsAt: { lte: now } }] }
    case 'DRAFT': case 'IN_REVIEW': case 'RECOVERING': case 'ARCHIVED': return { status }
  }
}

/** Newest first, from after `afterId`. */
export function listCampaigns(
  tx: Tx, tenantId: string, wanted: { status: CampaignStatus | null; search: string | null; afterId: string | null; limit: number },
): Promise<CampaignRow[]> {
  const search = wanted.search === null ? null : wanted.search.replaceAll(/[\\%_]/g, (character) => `\\${character}`)
  const and: Prisma.CampaignWhereInput[] = []
  if (wanted.status !== null) and.push(statusFilter(wanted.status, new Date()))
  if (wanted.afterId !== null) and.push({ id: { lt: wanted.afterId } })
  if (search !== null) and.push({ OR: [{ name: { contains: search, mode: 'insensitive' } }, { slug: { contains: search, mode: 'insensitive' } }] })
  return tx.campaign.findMany({ where: { tenantId, AND: and }, include: WITH_PRIZES, orderBy: { id: 'desc' }, take: wanted.limit })
}
