import type { TFunction } from 'i18next'
import { count, money, percentOfPpb } from '../../lib/format.js'
import type { Difference } from '../../lib/three-way.js'
import type { DiffRow } from '../../ui/diff-row.js'
import { prizeOfPath } from './merge.js'
import type { Values } from './values.js'

type T = TFunction<readonly ['wizard', 'campaigns']>

/** What both began from, and what each made of it: prizes are called, and times read, as each has them. */
export type Sides = Readonly<Record<'before' | 'mine' | 'theirs', Values>>

/** What its reader calls a field: the forms' own labels. */
const LABELS = {
  name: 'name', description: 'description', startsAt: 'startsAt', endsAt: 'endsAt', timezone: 'timezone', requiresTickets: 'requiresTickets', bucketCount: 'bucketCount',
  durability: 'durability', drawsPerUserTotal: 'drawsPerUserTotal', drawsPerUserDaily: 'drawsPerUserDaily', winsPerUser: 'winsPerUser',
  guaranteeAfterLosses: 'guaranteeAfterLosses', eligibility: 'eligibility', oddsTables: 'oddsTables', rules: 'rules',
  'budget.currency': 'budgetCurrency', 'budget.totalMinor': 'budgetTotal', 'budget.dailyMinor': 'budgetDaily',
  'tickets.dailyFree': 'ticketsDaily', 'tickets.signIn': 'ticketsSignIn', 'tickets.share': 'ticketsShare',
} as const
const PRIZE_LABELS = {
  name: 'prizeName', kind: 'kind', probabilityPpb: 'chance', stockTotal: 'stock', amountMinor: 'value', currency: 'currency', isFallback: 'isFallback',
  fallbackOrder: 'fallbackOrder', isGuarantee: 'isGuarantee', winsPerUser: 'prizeWins', winsPerUserDaily: 'prizeWinsDaily', winsPerDay: 'prizeWinsAll',
  unlockAfterDraws: 'unlockDraws', unlockAfterStreakDays: 'unlockDays', release: 'release', fulfilment: 'fulfilment', packets: 'packets',
} as const
const has = <K extends string>(table: Record<K, unknown>, name: string): name is K => name in table

function labelOf(path: string, sides: readonly Values[], t: T): string {
  const prize = prizeOfPath(path)
  if (prize === null) return has(LABELS, path) ? t(`wizard:field.${LABELS[path]}`) : path
  const name = sides.flatMap(({ prizes }) => prizes).find(({ key }) => key === prize.key)?.name ?? ''
  const { field } = prize
  return field === undefined || !has(PRIZE_LABELS, field) ? t('wizard:prize', { name }) : t('wizard:prizeField', { name, field: t(`wizard:field.${PRIZE_LABELS[field]}`) })
}

function wordsOf(path: string, value: unknown, zone: string, t: T, language: string): string | null {
  if (value === null || value === undefined || value === '') return null
  if (typeof value === 'boolean') return t(value ? 'campaigns:rules.yes' : 'campaigns:rules.no')
  if (typeof value === 'number') return path.endsWith('.probabilityPpb') ? percentOfPpb(value, language) : count(value, language)
  if (typeof value === 'string') return path === 'startsAt' || path === 'endsAt' ? `${value.replace('T', ' ')} ${zone}` : value
  if (Array.isArray(value) && value.length === 0) return null
  if (typeof value === 'object' && 'probabilityPpb' in value && 'name' in value) return `${String(value.name)} · ${percentOfPpb(Number(value.probabilityPpb), language)}`
  return JSON.stringify(value, (_key, part: unknown) => (part === '' || part === null ? undefined : part), 1)
}

/** See `useDiffRows`. */
export function diffRows(found: readonly Difference[], of: Sides, t: T, language: string): DiffRow[] {
  const sides = [of.mine, of.theirs, of.before]
  const currencyOf = (path: string) => sides.flatMap(({ prizes }) => prizes).find(({ key }) => key === prizeOfPath(path)?.key)?.currency ?? ''
  const words = (path: string, value: unknown, side: keyof Sides): string | null => {
    const currency = path.endsWith('.amountMinor') ? currencyOf(path) : path.startsWith('budget.') ? of.mine.budget.currency : ''
    return typeof value === 'number' && /^[A-Z]{3}$/.test(currency) ? money(value, currency, language) : wordsOf(path, value, of[side].timezone, t, language)
  }
  return found.map(({ path, before, mine, theirs }) =>
    ({ path, name: labelOf(path, sides, t), before: words(path, before, 'before'), after: words(path, mine, 'mine'), theirs: words(path, theirs, 'theirs') }))
}
