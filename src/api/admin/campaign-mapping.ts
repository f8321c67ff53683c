import type {
  BudgetInput, Campaign, CampaignPayload, CreateCampaignInput, FieldProblem, FulfilmentInput, MutationReviseOddsArgs,
  OddsTableInput, Packets, PacketsInput, Prize, TicketRulesInput, UpdateCampaignInput, UpdatePrizeInput,
} from '../../generated/admin.graphql.js'
import type { Budget, PacketPlan, TicketRules } from '../../modules/campaigns/domain/snapshot.js'
import { fromRelease, toRelease } from './release-mapping.js'
import type {
  Campaign as CampaignView, CampaignDraft, CampaignPatch, CampaignPrize, CampaignResult, OddsRevision,
  OddsTableDraft, PrizeDraft,
} from '../../modules/campaigns/campaigns.types.js'
import type { FieldProblem as CampaignProblem } from '../../modules/campaigns/domain/report.js'
import type { Fulfilment } from '../../modules/campaigns/domain/fulfilment.js'
import { readTicketRules } from '../../modules/campaigns/domain/ticket-rules.js'

export const toPrize = (prize: CampaignPrize): Prize => {
  const { imageUrl: _imageUrl, release, packets, ...shown } = prize
  return { ...shown, release: release === null ? null : toRelease(release), packets: packets === null ? null : toPackets(packets) }
}

export const toCampaign = ({ ticketRules, ...campaign }: CampaignView): Campaign => {
  const prizes = new Map(campaign.prizes.map((prize) => [prize.position, toPrize(prize)]))
  return {
    ...campaign,
    prizes: [...prizes.values()],
    ticketRules: ticketRules === null ? null : {
      ...ticketRules,
      signIn: ticketRules.signIn === null ? null : { ...ticketRules.signIn, streakBonuses: [...ticketRules.signIn.streakBonuses] },
    },
    oddsTables: campaign.oddsTables.map(({ name, audience, entries }) => ({
      name,
      audience: { ...audience, segmentsAny: [...audience.segmentsAny], tiers: [...audience.tiers], riskPools: [...audience.riskPools] },
      // A prize that a table names is not removed.
      entries: entries.map(({ position, probabilityPpb }) => ({ prize: prizes.get(position)!, probabilityPpb })),
    })),
  }
}

const toTicketRules = (input: TicketRulesInput | null | undefined): TicketRules | null => {
  if (input == null) return null
  const { dailyFree, signIn, share } = input
  return readTicketRules({
    dailyFree: dailyFree == null ? null : { tickets: dailyFree.tickets },
    signIn: signIn == null ? null : {
      ...signIn, streakBonuses: signIn.streakBonuses ?? [], expiresAfterDays: signIn.expiresAfterDays ?? null,
    },
    share: share == null ? null : { ...share, totalMax: share.totalMax ?? null, expiresAfterDays: share.expiresAfterDays ?? null },
  })
}

/** The schema's union: each result under the name of its type. */
export function toPayload(result: CampaignResult): CampaignPayload {
  switch (result.kind) {
    case 'campaign': return { __typename: 'Campaign', ...toCampaign(result.campaign) }
    case 'conflict': return { __typename: 'VersionConflict', current: toCampaign(result.current), message: result.message }
    case 'invalid': return { __typename: 'InvalidCampaign', problems: result.problems.map(toProblem), message: result.message }
  }
}

const toProblem = ({ params = {}, ...problem }: CampaignProblem): FieldProblem =>
  ({ ...problem, params: Object.entries(params).map(([name, value]) => ({ name, value: String(value) })) })

export const toFulfilment = ({ kind, url, claimWithinSeconds, onExpiry }: FulfilmentInput): Fulfilment =>
  ({ kind, url: url ?? null, claimWithinSeconds: claimWithinSeconds ?? null, onExpiry: onExpiry ?? 'RETURN_TO_VAULT' })

const toPackets = ({ totalMinor, waves }: PacketPlan): Packets =>
  ({ totalMinor, waves: waves.map(({ startsAtMs, ...wave }) => ({ startsAt: new Date(startsAtMs), ...wave })) })

const toPacketPlan = ({ totalMinor, waves }: PacketsInput): PacketPlan => ({
  totalMinor: totalMinor ?? null,
  waves: (waves ?? []).map((wave) => ({ startsAtMs: wave.startsAt.getTime(), packets: wave.packets, totalMinor: wave.totalMinor ?? null })),
})

// Arguments have the schema's defaults already; a null that a caller sent in their place means the default too.
const toPrizeDraft = (input: UpdatePrizeInput): PrizeDraft => ({
  id: input.id ?? null,
  name: input.name,
  kind: input.kind ?? 'VIRTUAL',
  probabilityPpb: input.probabilityPpb,
  stockTotal: input.stockTotal,
  isFallback: input.isFallback ?? false,
  winsPerUser: input.winsPerUser ?? null,
  unlockAfterDraws: input.unlockAfterDraws ?? null,
  value: input.value == null ? null : { amountMinor: input.value.amountMinor, currency: input.value.currency },
  fallbackOrder: input.fallbackOrder ?? null,
  isGuarantee: input.isGuarantee ?? false,
  winsPerUserDaily: input.winsPerUserDaily ?? null,
  winsPerDay: input.winsPerDay ?? null,
  release: input.release == null ? null : fromRelease(input.release),
  unlockAfterStreakDays: input.unlockAfterStreakDays ?? null,
  fulfilment: input.fulfilment == null ? null : toFulfilment(input.fulfilment),
  packets: input.packets == null ? null : toPacketPlan(input.packets),
})

const toBudget = ({ currency, totalMinor, dailyMinor }: BudgetInput): Budget =>
  ({ currency, totalMinor: totalMinor ?? null, dailyMinor: dailyMinor ?? null })

const toTableDraft = ({ name, audience, entries }: OddsTableInput): OddsTableDraft => ({
  name,
  audience: {
    segmentsAny: audience.segmentsAny ?? [],
    tiers: audience.tiers ?? [],
    riskPools: audience.riskPools ?? [],
    experiment: audience.experiment ?? null,
    when: audience.when ?? null,
  },
  entries: entries.map(({ prize, probabilityPpb }) => ({ prize, probabilityPpb })),
})

export const toRevision = ({ prizes, oddsTables, reason }: MutationReviseOddsArgs): OddsRevision =>
  ({ prizes: prizes ?? null, oddsTables: oddsTables?.map(toTableDraft) ?? null, reason })

export const toDraft = (input: CreateCampaignInput): CampaignDraft => ({
  slug: input.slug,
  name: input.name,
  description: input.description ?? null,
  mechanic: input.mechanic ?? 'LOTTERY',
  startsAt: input.startsAt,
  endsAt: input.endsAt,
  timezone: input.timezone ?? 'UTC',
  durability: input.durability ?? 'DURABLE_WINS',
  bucketCount: input.bucketCount ?? 1,
  drawsPerUserTotal: input.drawsPerUserTotal ?? null,
  drawsPerUserDaily: input.drawsPerUserDaily ?? null,
  winsPerUser: input.winsPerUser ?? null,
  requiresTickets: input.requiresTickets ?? false,
  ticketRules: toTicketRules(input.ticketRules),
  prizes: (input.prizes ?? []).map(toPrizeDraft),
  guaranteeAfterLosses: input.guaranteeAfterLosses ?? null,
  budget: input.budget == null ? null : toBudget(input.budget),
  eligibility: input.eligibility ?? null,
  oddsTables: (input.oddsTables ?? []).map(toTableDraft),
})

/** What the caller left out stays out; null stays null. */
export const toPatch = ({ prizes, budget, ticketRules, oddsTables, ...fields }: UpdateCampaignInput): CampaignPatch => ({
  ...fields,
  ...(prizes === undefined ? {} : { prizes: prizes?.map(toPrizeDraft) ?? null }),
  ...(budget === undefined ? {} : { budget: budget === null ? null : toBudget(budget) }),
  ...(ticketRules === undefined ? {} : { ticketRules: toTicketRules(ticketRules) }),
  ...(oddsTables === undefined ? {} : { oddsTables: oddsTables?.map(toTableDraft) ?? null }),
})
