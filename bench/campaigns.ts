import { CERTAIN_PPB } from '../test/support/fixtures.js'

/** A campaign's settings, as `createCampaign` takes them. */
export type Settings = Readonly<Record<string, unknown>>

const WINNING = CERTAIN_PPB / 10
const STOCK = 100_000_000
const MANY = 1_000_000

/** One draw in ten is won. FAST, so that the time is that of the decision and not of Postgres' commits. */
export const PLAIN: Settings = {
  durability: 'FAST',
  prizes: [{ name: 'Prize', kind: 'VIRTUAL', probabilityPpb: WINNING, stockTotal: STOCK }],
}

/**
 * As many draws are won as of the plain one, under every rule that a campaign can have. A rule that is new belongs here: its
 * cost counts from the day that it is there. None of them ever refuses a draw.
 */
export const EVERY_RULE: Settings = {
  durability: 'FAST',
  drawsPerUserTotal: MANY,
  drawsPerUserDaily: MANY,
  winsPerUser: MANY,
  requiresTickets: true,
  ticketRules: { dailyFree: { tickets: 5 }, signIn: { tickets: 1 } },
  guaranteeAfterLosses: MANY,
  budget: { currency: 'CNY', totalMinor: 2_000_000_000, dailyMinor: 2_000_000_000 },
  eligibility: '"vip" in segments && attributes.level >= 5',
  oddsTables: [
    { name: 'watched', audience: { riskPools: ['watched'] }, entries: [{ prize: 'Rare', probabilityPpb: 0 }] },
    { name: 'arm', audience: { experiment: { name: 'bench', fromBps: 0, toBps: 1 } }, entries: [{ prize: 'Rare', probabilityPpb: WINNING }] },
    {
      name: 'gold', audience: { tiers: ['gold'], when: 'attributes.level > 3' },
      entries: [{ prize: 'Rare', probabilityPpb: WINNING / 10 }, { prize: 'Common', probabilityPpb: (WINNING / 10) * 9 }],
    },
  ],
  prizes: [
    {
      name: 'Rare', kind: 'PHYSICAL', probabilityPpb: WINNING / 10, stockTotal: STOCK, winsPerUser: MANY, winsPerUserDaily: MANY, winsPerDay: 100_000_000,
      unlockAfterDraws: 1, unlockAfterStreakDays: 1, value: { amountMinor: 5, currency: 'CNY' },
    },
    {
      name: 'Common', kind: 'VIRTUAL', probabilityPpb: (WINNING / 10) * 9, stockTotal: STOCK, winsPerUser: MANY, winsPerUserDaily: MANY, winsPerDay: 100_000_000,
      unlockAfterDraws: 1, value: { amountMinor: 1, currency: 'CNY' },
    },
    { name: 'Guaranteed', kind: 'VIRTUAL', probabilityPpb: 0, stockTotal: STOCK, isGuarantee: true, winsPerUser: MANY },
    { name: 'Instead', kind: 'VIRTUAL', probabilityPpb: 0, stockTotal: STOCK, isFallback: true, fallbackOrder: 1, winsPerUser: MANY },
    { name: 'Instead of that', kind: 'VIRTUAL', probabilityPpb: 0, stockTotal: STOCK, isFallback: true, fallbackOrder: 2 },
  ],
}

/** Three windows of a participant; lists are there as well. */
export const WINDOWS = [
  { subject: 'PARTICIPANT', windowSeconds: 60, drawsMax: MANY },
  { subject: 'PARTICIPANT', windowSeconds: 3_600, drawsMax: MANY },
]
/** Each is a question of its own to Redis, at the same time: in another slot than the participant's. */
export const SHARED_WINDOWS = [
  ...WINDOWS,
  { subject: 'DEVICE', windowSeconds: 60, drawsMax: MANY },
  { subject: 'IP', windowSeconds: 60, drawsMax: MANY },
]
