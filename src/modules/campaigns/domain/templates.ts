import type { CampaignDraft, PrizeDraft } from '../campaigns.types.js'
import { PLAIN_CAMPAIGN, PLAIN_PRIZE } from './plain-draft.js'
import type { Budget, Mechanic } from './snapshot.js'
import { PPB } from './validate.js'

/** What every campaign says for itself. */
type Own = 'slug' | 'name' | 'startsAt' | 'endsAt' | 'timezone'

/** A draft that can be published as it is, and that an operator makes its own. Pure data: nothing remembers where a campaign came from. */
export interface CampaignTemplate {
  readonly key: string
  readonly name: string
  readonly description: string
  readonly settings: Partial<Omit<CampaignDraft, Own>> & Pick<CampaignDraft, 'mechanic' | 'prizes'>
}

type Given = Pick<PrizeDraft, 'name' | 'probabilityPpb' | 'stockTotal'> & Partial<PrizeDraft>
const prize = (given: Given): PrizeDraft => ({ ...PLAIN_PRIZE, ...given })
const percent = (share: number): number => (share * PPB) / 100

export const TEMPLATES: readonly CampaignTemplate[] = [
  {
    key: 'lucky-wheel',
    name: 'Lucky wheel',
    description: 'A LOTTERY in which nobody goes away with nothing: what the wheel does not give is the consolation. Three turns a day, one big win a person.',
    settings: {
      mechanic: 'LOTTERY',
      drawsPerUserDaily: 3,
      prizes: [
        prize({ name: 'First prize', kind: 'PHYSICAL', probabilityPpb: percent(0.1), stockTotal: 10, winsPerUser: 1 }),
        prize({ name: 'Second prize', kind: 'PHYSICAL', probabilityPpb: percent(1), stockTotal: 100, winsPerUser: 1 }),
        prize({ name: '100 points', kind: 'POINTS', probabilityPpb: percent(20), stockTotal: 20_000 }),
        prize({ name: 'Consolation', probabilityPpb: percent(78.9), stockTotal: 1_000_000, isFallback: true }),
      ],
    },
  },
  {
    key: 'flash-sale',
    name: 'Flash sale',
    description: 'A FLASH_SALE: who comes first has the right to buy, once, until all are gone. 16 buckets, for many who press at the same second.',
    settings: {
      mechanic: 'FLASH_SALE',
      bucketCount: 16,
      winsPerUser: 1,
      prizes: [prize({ name: 'Right to buy', probabilityPpb: PPB, stockTotal: 100 })],
    },
  },
  {
    key: 'instant-win',
    name: 'Instant win',
    description: 'An INSTANT_WIN: who draws when a unit is to be had wins it, and everybody else loses at once. Five draws a day, one win a person.',
    settings: {
      mechanic: 'INSTANT_WIN',
      drawsPerUserDaily: 5,
      winsPerUser: 1,
      prizes: [prize({ name: 'Instant prize', kind: 'PHYSICAL', probabilityPpb: PPB, stockTotal: 50 })],
    },
  },
  {
    key: 'red-packet',
    name: 'Red packets',
    description: 'A RED_PACKET rain: one packet of money a person, until all are gone. 16 buckets, for many who press at the same second.',
    settings: {
      mechanic: 'RED_PACKET',
      bucketCount: 16,
      winsPerUser: 1,
      prizes: [prize({ name: 'Red packet', kind: 'CASH', probabilityPpb: PPB, stockTotal: 100, value: { amountMinor: 188, currency: 'CNY' } })],
    },
  },
  {
    key: 'sign-in-calendar',
    name: 'Sign-in calendar',
    description: 'A LOTTERY over one draw a local day: points for each day, and for who comes seven days in a row the bonus, once a person.',
    settings: {
      mechanic: 'LOTTERY',
      drawsPerUserDaily: 1,
      prizes: [
        prize({ name: 'Bonus of the seventh day', kind: 'VIRTUAL', probabilityPpb: PPB, stockTotal: 10_000, winsPerUser: 1, unlockAfterStreakDays: 7 }),
        prize({ name: '10 points', kind: 'POINTS', probabilityPpb: 0, stockTotal: 10_000_000, isFallback: true }),
      ],
    },
  },
]

/** The settings in which a template differs from an empty draft, by the names of CreateCampaignInput. */
export const filledIn = ({ settings }: CampaignTemplate): string[] => Object.keys(settings)

/** The template's draft under names and times of its own. */
export const draftOf = ({ settings }: CampaignTemplate, own: Pick<CampaignDraft, Own>): CampaignDraft =>
  ({ ...PLAIN_CAMPAIGN, ...settings, ...own })

/**
 * The draft under another mechanic, without what that mechanic refuses: a guarantee where no draw is lost by its odds,
 * fallbacks where every draw wins (whose odds are stretched to the whole), days' limits where units come at their own times.
 * What only an operator can know (the kinds and values of RED_PACKET's prizes) is left for publishing to ask for.
 */
export function asMechanic(draft: CampaignDraft, mechanic: Mechanic): CampaignDraft {
  if (draft.mechanic === mechanic) return draft
  const everyDrawWins = mechanic === 'FLASH_SALE' || mechanic === 'RED_PACKET'
  const popped = mechanic === 'RED_PACKET' || mechanic === 'INSTANT_WIN'
  const odds = everyDrawWins ? whole(draft.prizes) : draft.prizes.map(({ probabilityPpb }) => probabilityPpb)
  return {
    ...draft,
    mechanic,
    budget: popped ? inAll(draft.budget) : draft.budget,
    guaranteeAfterLosses: mechanic === 'LOTTERY' ? draft.guaranteeAfterLosses : null,
    // Popped stock has no odds; for a FLASH_SALE each table would need the whole, in proportions that are somebody's decision.
    oddsTables: mechanic === 'LOTTERY' ? draft.oddsTables : [],
    prizes: draft.prizes.map((one, n) => ({
      ...one,
      probabilityPpb: odds[n] ?? 0,
      isGuarantee: mechanic === 'LOTTERY' && one.isGuarantee,
      ...(everyDrawWins ? { isFallback: false, fallbackOrder: null } : {}),
      ...(popped ? { winsPerDay: null } : {}),
      release: mechanic === 'INSTANT_WIN' ? null : one.release,
      packets: mechanic === 'RED_PACKET' ? one.packets : null,
    })),
  }
}

/** The limit of all days together, where there is one. */
const inAll = (budget: Budget | null): Budget | null => (budget?.totalMinor == null ? null : { ...budget, dailyMinor: null })

/** Odds in the proportions of those that there are (of the stock, where there are none), adding up to PPB exactly. */
function whole(prizes: readonly PrizeDraft[]): number[] {
  const some = prizes.some(({ probabilityPpb }) => probabilityPpb > 0)
  const weights = prizes.map(({ probabilityPpb, stockTotal }) => BigInt(some ? probabilityPpb : Math.max(1, stockTotal)))
  const sum = weights.reduce((total, weight) => total + weight, 0n)
  const shares = weights.map((weight) => Number((weight * BigInt(PPB)) / sum))
  const largest = shares.indexOf(Math.max(...shares))
  const missing = PPB - shares.reduce((total, share) => total + share, 0)
  return shares.map((share, n) => (n === largest ? share + missing : share))
}
