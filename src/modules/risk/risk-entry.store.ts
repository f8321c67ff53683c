import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { newId } from '../../common/ids.js'
import type { Tx } from '../../platform/prisma/prisma.service.js'
import type { RiskEntry, RiskEntryInput, RiskList, RiskScope, RiskSubject, VelocityRule, VelocityRuleInput } from './risk.types.js'

const entrySelect = { id: true, campaignId: true, list: true, subject: true, value: true, reason: true, createdAt: true } as const
const ruleSelect = { campaignId: true, subject: true, windowSeconds: true, drawsMax: true } as const

/**
 * Changes of one tenant's lists and rules follow one another from here to the end of the transaction. Rows that merely
 * refer to the tenant (draws being committed) do not wait for it.
 */
export async function lockTenant(tx: Tx, tenantId: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM tenant WHERE id = ${tenantId}::uuid FOR NO KEY UPDATE`
}

export async function growVersion(tx: Tx, tenantId: string): Promise<void> {
  await tx.tenant.updateMany({ where: { id: tenantId }, data: { riskVersion: { increment: 1 } } })
}

/** Throws NOT_FOUND unless every one is a campaign of the tenant. Null stands for the whole tenant. */
export async function requireCampaigns(tx: Tx, tenantId: string, ids: ReadonlyArray<string | null>): Promise<void> {
  const wanted = [...new Set(ids)].filter((id) => id !== null)
  if (wanted.length === 0) return
  const found = await tx.campaign.count({ where: { tenantId, id: { in: wanted } } })
  if (found < wanted.length) throw new AppError('NOT_FOUND', 'No such campaign')
}

export const countEntries = (tx: Tx, tenantId: string): Promise<number> => tx.riskEntry.count({ where: { tenantId } })

/** Resolves to those that were not on their list before. */
export function insertEntries(tx: Tx, { tenantId, caller }: Context, inputs: readonly RiskEntryInput[]): Promise<RiskEntry[]> {
  const operatorId = caller.kind === 'operator' ? caller.operatorId : null
  return tx.riskEntry.createManyAndReturn({
    data: inputs.map(({ campaignId, list, subject, value, reason }) => ({
      tenantId, id: newId(), campaignId, list, subject, value, reason, operatorId,
    })),
    skipDuplicates: true,
    select: entrySelect,
  })
}

export const findEntryById = (tx: Tx, tenantId: string, id: string): Promise<RiskEntry | null> =>
  tx.riskEntry.findFirst({ where: { tenantId, id }, select: entrySelect })

export async function deleteEntry(tx: Tx, tenantId: string, id: string): Promise<RiskEntry | null> {
  const entry = await findEntryById(tx, tenantId, id)
  if (entry !== null) await tx.riskEntry.deleteMany({ where: { tenantId, id } })
  return entry
}

/** Newest first, after the entry `afterId`. */
export const listEntries = (
  tx: Tx, tenantId: string, { campaignId, everyCampaign }: RiskScope, list: RiskList | null, take: number, afterId: string | null,
): Promise<RiskEntry[]> =>
  tx.riskEntry.findMany({
    where: {
      tenantId, ...(campaignId === null && everyCampaign ? {} : { campaignId }), ...(list === null ? {} : { list }),
      ...(afterId === null ? {} : { id: { lt: afterId } }),
    },
    orderBy: { id: 'desc' },
    take,
    select: entrySelect,
  })

/** On any list, of the tenant's and of its campaigns'; newest first. */
export const listEntriesAbout = (tx: Tx, tenantId: string, subject: RiskSubject, value: string, take: number): Promise<RiskEntry[]> =>
  tx.riskEntry.findMany({ where: { tenantId, subject, value }, orderBy: { id: 'desc' }, take, select: entrySelect })

export const listRules = (tx: Tx, tenantId: string, campaignId: string | null): Promise<VelocityRule[]> =>
  tx.velocityRule.findMany({ where: { tenantId, campaignId }, orderBy: { id: 'asc' }, select: ruleSelect })

export async function replaceRules(
  tx: Tx, tenantId: string, campaignId: string | null, rules: readonly VelocityRuleInput[],
): Promise<void> {
  await tx.velocityRule.deleteMany({ where: { tenantId, campaignId } })
  await tx.velocityRule.createMany({
    data: rules.map(({ subject, windowSeconds, drawsMax }) => ({ tenantId, id: newId(), campaignId, subject, windowSeconds, drawsMax })),
  })
}

/** Those that have, or may have, gates. */
export async function gatedCampaigns(tx: Tx, tenantId: string): Promise<string[]> {
  const rows = await tx.campaign.findMany({
    where: { tenantId, epoch: { gt: 0 }, status: { not: 'ARCHIVED' } }, select: { id: true }, orderBy: { id: 'desc' },
  })
  return rows.map(({ id }) => id)
}
