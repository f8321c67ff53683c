import type {
  BudgetInput, FulfilmentInput, OddsTableInput, PacketsInput, ReleaseInput, TicketRulesInput, UpdateCampaignInput, UpdatePrizeInput,
} from '../../generated/graphql.js'
import { same } from '../../lib/same.js'
import type { Told } from '../../reasons/told.js'
import { isoOf } from '../../lib/wall-time.js'
import type { FulfilmentValues, Num, PacketsValues, PrizeValues, ReleaseValues, TableValues, TicketValues, Values } from './values.js'

const optional = (value: Num): number | null => (value === '' ? null : value)
/** Of a field that `unfinished` has seen to be filled in. */
const needed = (value: Num): number => (value === '' ? 0 : value)
const text = (value: string): string | null => (value.trim() === '' ? null : value)

/** As the API tells it. `message` null: the field is empty. */
export interface Problem extends Omit<Told, 'message'> { readonly path: string; readonly message: string | null }

function releaseInput({ carryOver, mode, ...release }: ReleaseValues, zone: string): ReleaseInput {
  if (mode === 'steps') return { carryOver, steps: release.steps.map(({ at, units }) => ({ at: isoOf(at, zone) ?? at, units: needed(units) })) }
  return {
    carryOver,
    evenly: {
      from: isoOf(release.from, zone), to: isoOf(release.to, zone),
      times: mode === 'times' ? optional(release.times) : null,
      everySeconds: mode === 'everySeconds' ? optional(release.everySeconds) : null,
      dailyAt: mode === 'dailyAt' ? [...release.dailyAt] : null,
      windows: mode === 'dailyAt' || release.windows.length === 0 ? null : release.windows.map(({ from, to }) => ({ from, to })),
    },
  }
}

const fulfilmentInput = ({ kind, url, claimWithinSeconds, onExpiry }: FulfilmentValues): FulfilmentInput =>
  ({ kind, url: kind === 'WEBHOOK' ? url : null, claimWithinSeconds: kind === 'MANUAL' ? optional(claimWithinSeconds) : null, onExpiry })

const packetsInput = ({ totalMinor, waves }: PacketsValues, zone: string): PacketsInput => ({
  totalMinor: optional(totalMinor),
  waves: waves.map((wave) =>
    ({ startsAt: isoOf(wave.startsAt, zone) ?? wave.startsAt, packets: needed(wave.packets), totalMinor: optional(wave.totalMinor) })),
})

const prizeInput = (prize: PrizeValues, zone: string): UpdatePrizeInput => ({
  id: prize.id, name: prize.name, kind: prize.kind, probabilityPpb: needed(prize.probabilityPpb), stockTotal: needed(prize.stockTotal),
  isFallback: prize.isFallback, fallbackOrder: prize.isFallback ? optional(prize.fallbackOrder) : null, isGuarantee: prize.isGuarantee,
  winsPerUser: optional(prize.winsPerUser), winsPerUserDaily: optional(prize.winsPerUserDaily), winsPerDay: optional(prize.winsPerDay),
  unlockAfterDraws: optional(prize.unlockAfterDraws), unlockAfterStreakDays: optional(prize.unlockAfterStreakDays),
  value: prize.amountMinor === '' ? null : { amountMinor: prize.amountMinor, currency: prize.currency },
  release: prize.release === null ? null : releaseInput(prize.release, zone),
  fulfilment: prize.fulfilment === null ? null : fulfilmentInput(prize.fulfilment),
  packets: prize.packets === null ? null : packetsInput(prize.packets, zone),
})

const tableInput = ({ experiment, ...table }: TableValues, prizes: readonly PrizeValues[]): OddsTableInput => ({
  name: table.name,
  audience: {
    segmentsAny: [...table.segmentsAny], tiers: [...table.tiers], riskPools: [...table.riskPools], when: text(table.when),
    experiment: experiment === null ? null
      : { name: experiment.name, fromBps: needed(experiment.fromBps), toBps: needed(experiment.toBps) },
  },
  entries: prizes.flatMap(({ key, id, name }) => {
    const ppb = table.odds[key] ?? ''
    return ppb === '' ? [] : [{ prize: id ?? name, probabilityPpb: ppb }]
  }),
})

function ticketsInput({ dailyFree, signIn, share }: TicketValues): TicketRulesInput | null {
  if (dailyFree === '' && signIn === null && share === null) return null
  return {
    dailyFree: dailyFree === '' ? null : { tickets: dailyFree },
    signIn: signIn === null ? null : {
      tickets: needed(signIn.tickets), expiresAfterDays: optional(signIn.expiresAfterDays),
      streakBonuses: signIn.streakBonuses.map(({ days, tickets }) => ({ days: needed(days), tickets: needed(tickets) })),
    },
    share: share === null ? null : {
      tickets: needed(share.tickets), perDayMax: needed(share.perDayMax),
      totalMax: optional(share.totalMax), expiresAfterDays: optional(share.expiresAfterDays),
    },
  }
}

const budgetInput = ({ currency, totalMinor, dailyMinor }: Values['budget']): BudgetInput | null =>
  (totalMinor === '' && dailyMinor === '' ? null : { currency, totalMinor: optional(totalMinor), dailyMinor: optional(dailyMinor) })

/** All that the API is told of a campaign; `unfinished` has nothing to say about it. */
const inputOf = (values: Values): Required<UpdateCampaignInput> => ({
  name: values.name, description: text(values.description), timezone: values.timezone,
  startsAt: isoOf(values.startsAt, values.timezone), endsAt: isoOf(values.endsAt, values.timezone),
  durability: values.durability, bucketCount: values.bucketCount, requiresTickets: values.requiresTickets,
  ticketRules: values.requiresTickets ? ticketsInput(values.tickets) : null,
  drawsPerUserTotal: optional(values.drawsPerUserTotal), drawsPerUserDaily: optional(values.drawsPerUserDaily),
  winsPerUser: optional(values.winsPerUser),
  guaranteeAfterLosses: optional(values.guaranteeAfterLosses), budget: budgetInput(values.budget), eligibility: text(values.eligibility),
  prizes: values.prizes.map((prize) => prizeInput(prize, values.timezone)),
  oddsTables: values.oddsTables.map((table) => tableInput(table, values.prizes)),
})

/** What has changed between the two, and no more: what nobody touched is not sent back. */
export function patchOf(before: Values, after: Values): UpdateCampaignInput {
  const [old, now] = [inputOf(before), inputOf(after)]
  const isOther = ([name, value]: [string, unknown]) => !same(value, old[name as keyof typeof old])
  return Object.fromEntries(Object.entries(now).filter(isOther))
}

/** What has to be typed before the API can be asked at all: the paths of empty fields. */
export function unfinished({ startsAt, endsAt, timezone, prizes, oddsTables, tickets, requiresTickets, rules }: Values): string[] {
  const paths: string[] = []
  const want = (path: string, value: Num) => { if (value === '') paths.push(path) }
  const moment = (path: string, wall: string) => { if (isoOf(wall, timezone) === null) paths.push(path) }
  moment('startsAt', startsAt)
  moment('endsAt', endsAt)
  prizes.forEach((prize, i) => {
    const at = `prizes[${i}]`
    want(`${at}.probabilityPpb`, prize.probabilityPpb)
    want(`${at}.stockTotal`, prize.stockTotal)
    if (prize.release?.mode === 'steps') prize.release.steps.forEach((step, n) => {
      moment(`${at}.release.steps[${n}].at`, step.at)
      want(`${at}.release.steps[${n}].units`, step.units)
    })
    prize.packets?.waves.forEach((wave, n) => {
      moment(`${at}.packets.waves[${n}].startsAt`, wave.startsAt)
      want(`${at}.packets.waves[${n}].packets`, wave.packets)
    })
  })
  oddsTables.forEach(({ experiment }, i) => {
    if (experiment === null) return
    want(`oddsTables[${i}].audience.experiment.fromBps`, experiment.fromBps)
    want(`oddsTables[${i}].audience.experiment.toBps`, experiment.toBps)
  })
  if (requiresTickets && tickets.signIn !== null) {
    want('ticketRules.signIn.tickets', tickets.signIn.tickets)
    tickets.signIn.streakBonuses.forEach(({ days, tickets: bonus }, i) => {
      want(`ticketRules.signIn.streakBonuses[${i}].days`, days)
      want(`ticketRules.signIn.streakBonuses[${i}].tickets`, bonus)
    })
  }
  if (requiresTickets && tickets.share !== null) {
    want('ticketRules.share.tickets', tickets.share.tickets)
    want('ticketRules.share.perDayMax', tickets.share.perDayMax)
  }
  rules.forEach(({ windowSeconds, drawsMax }, i) => {
    want(`rules[${i}].windowSeconds`, windowSeconds)
    want(`rules[${i}].drawsMax`, drawsMax)
  })
  return paths
}
