import type { CampaignDraftFragment, RiskSubject } from '../../generated/graphql.js'
import { wallOf } from '../../lib/wall-time.js'
import type { Fixed, Num, PrizeValues, ReleaseValues, RuleValues, TicketValues, Values } from './values.js'

const num = (value: number | null | undefined): Num => value ?? ''

type Prize = CampaignDraftFragment['prizes'][number]

function releaseOf({ carryOver, steps, evenly }: NonNullable<Prize['release']>, zone: string): ReleaseValues {
  const wall = (iso: string | null | undefined) => (iso == null ? '' : wallOf(iso, zone))
  return {
    carryOver,
    mode: evenly == null ? 'steps' : evenly.times != null ? 'times' : evenly.everySeconds != null ? 'everySeconds' : 'dailyAt',
    steps: (steps ?? []).map(({ at, units }) => ({ at: wallOf(at, zone), units })),
    from: wall(evenly?.from), to: wall(evenly?.to), times: num(evenly?.times), everySeconds: num(evenly?.everySeconds),
    dailyAt: evenly?.dailyAt ?? [], windows: (evenly?.windows ?? []).map(({ from, to }) => ({ from, to })),
  }
}

function prizeOf(prize: Prize, zone: string): PrizeValues {
  const { id, name, kind, probabilityPpb, stockTotal, value, isFallback, isGuarantee, release, fulfilment, packets } = prize
  return {
    key: id, id, name, kind, probabilityPpb, stockTotal, isFallback, isGuarantee,
    amountMinor: num(value?.amountMinor), currency: value?.currency ?? '', fallbackOrder: num(prize.fallbackOrder),
    winsPerUser: num(prize.winsPerUser), winsPerUserDaily: num(prize.winsPerUserDaily), winsPerDay: num(prize.winsPerDay),
    unlockAfterDraws: num(prize.unlockAfterDraws), unlockAfterStreakDays: num(prize.unlockAfterStreakDays),
    release: release == null ? null : releaseOf(release, zone),
    fulfilment: fulfilment == null ? null : {
      kind: fulfilment.kind, url: fulfilment.url ?? '', claimWithinSeconds: num(fulfilment.claimWithinSeconds), onExpiry: fulfilment.onExpiry,
    },
    packets: packets == null ? null : {
      totalMinor: num(packets.totalMinor),
      waves: packets.waves.map((wave) =>
        ({ startsAt: wallOf(wave.startsAt, zone), packets: wave.packets, totalMinor: num(wave.totalMinor) })),
    },
  }
}

const ticketsOf = (rules: CampaignDraftFragment['ticketRules']): TicketValues => ({
  dailyFree: num(rules?.dailyFree?.tickets),
  signIn: rules?.signIn == null ? null : {
    tickets: rules.signIn.tickets, expiresAfterDays: num(rules.signIn.expiresAfterDays),
    streakBonuses: rules.signIn.streakBonuses.map(({ days, tickets }) => ({ days, tickets })),
  },
  share: rules?.share == null ? null : {
    tickets: rules.share.tickets, perDayMax: rules.share.perDayMax,
    totalMax: num(rules.share.totalMax), expiresAfterDays: num(rules.share.expiresAfterDays),
  },
})

export const fixedOf = ({ id, slug, mechanic, status, version }: CampaignDraftFragment): Fixed => ({ id, slug, mechanic, status, version })

export const rulesOf = (rules: ReadonlyArray<{ subject: RiskSubject; windowSeconds: number; drawsMax: number }>): RuleValues[] =>
  rules.map(({ subject, windowSeconds, drawsMax }) => ({ subject, windowSeconds, drawsMax }))

export function valuesOf(campaign: CampaignDraftFragment, rules: readonly RuleValues[]): Values {
  const { name, description, startsAt, endsAt, timezone, requiresTickets, bucketCount, durability, budget } = campaign
  return {
    name, description: description ?? '', timezone, requiresTickets, bucketCount, durability,
    startsAt: wallOf(startsAt, timezone), endsAt: wallOf(endsAt, timezone),
    tickets: ticketsOf(campaign.ticketRules),
    prizes: campaign.prizes.map((prize) => prizeOf(prize, timezone)),
    oddsTables: campaign.oddsTables.map(({ name: table, audience: { segmentsAny, tiers, riskPools, experiment, when }, entries }) => ({
      name: table, segmentsAny, tiers, riskPools, when: when ?? '',
      experiment: experiment == null ? null : { name: experiment.name, fromBps: experiment.fromBps, toBps: experiment.toBps },
      odds: Object.fromEntries(entries.map(({ prize, probabilityPpb }) => [prize.id, probabilityPpb])),
    })),
    drawsPerUserTotal: num(campaign.drawsPerUserTotal), drawsPerUserDaily: num(campaign.drawsPerUserDaily),
    winsPerUser: num(campaign.winsPerUser),
    guaranteeAfterLosses: num(campaign.guaranteeAfterLosses),
    budget: { currency: budget?.currency ?? '', totalMinor: num(budget?.totalMinor), dailyMinor: num(budget?.dailyMinor) },
    eligibility: campaign.eligibility ?? '',
    rules,
  }
}
