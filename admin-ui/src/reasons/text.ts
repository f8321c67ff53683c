import { useTranslation } from 'react-i18next'
import { count, percentOfPpb } from '../lib/format.js'
import type { Told } from './told.js'

/** Finds the text of a code, '' where there is none. */
type Find = (code: string, params: Readonly<Record<string, string | number>>) => string

/** Whose sum is one of odds, in parts per billion. */
const OF_ODDS: ReadonlySet<string> = new Set(['ODDS_SUM', 'ODDS_EXACT'])
const YEARS = 'YEARS'

function shown(code: string, name: string, value: string | number, language: string): string | number {
  if (code === YEARS || !/^-?\d+$/.test(String(value))) return value
  return OF_ODDS.has(code) && name === 'sum' ? percentOfPpb(Number(value), language) : count(Number(value), language)
}

/** In the reader's language, by its code; null for one that this page does not know. */
export function reasonText(find: Find, language: string, { code, params = {} }: Told): string | null {
  if (code === undefined) return null
  const text = find(code, Object.fromEntries(Object.entries(params).map(([name, value]) => [name, shown(code, name, value, language)])))
  return text === '' ? null : text
}

/** In the reader's language; null where the API says no code, or one of a newer version. */
export function useKnownReason(): (told: Told) => string | null {
  const { t, i18n } = useTranslation('reasons')
  const find: Find = (code, params) => {
    const text: unknown = i18n.exists(`reasons:${code}`) ? t(code as never, params as never) : ''
    return typeof text === 'string' ? text : ''
  }
  return (told) => reasonText(find, i18n.language, told)
}

/** As above, and the API's own words where there are no others. */
export function useReasonText(): (told: Told) => string {
  const known = useKnownReason()
  return (told) => known(told) ?? told.message
}
