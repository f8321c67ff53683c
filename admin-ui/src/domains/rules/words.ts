import { useTranslation } from 'react-i18next'
import { count, dateTime, money, percentOfPpb } from '../../lib/format.js'
import type { DiffRow } from '../../ui/diff-row.js'
import { useZone } from '../../ui/zone.js'
import type { FieldChange } from '../../lib/diff.js'
import type en from './locale/en.js'

type Named = keyof typeof en.field
const LIMITS = /^(?:drawsPerUser|winsPer|totalM|dailyMinor|perDayMax|guaranteeAfterLosses)|PerSecondMax$/
const MOMENTS = new Set(['startsAt', 'endsAt', 'at', 'from', 'to', 'expiresAt'])

/** Fields whose values are names of the API's. */
const ENUMS = new Set(['status', 'kind', 'kinds', 'list', 'subject', 'role', 'publishers', 'state', 'mechanic', 'durability', 'onExpiry', 'carryOver', 'stock'])
/** Where the dashboard has words for such names; no name is in two of them with two meanings. */
const ENUM_WORDS = [
  'campaigns:status', 'campaigns:kind', 'campaigns:mechanic', 'campaigns:durability', 'common:role', 'risk:list', 'risk:subject', 'approvals:kind', 'approvals:state',
  'awards:kind', 'awards:status', 'wizard:fate', 'wizard:release.carry',
]
const enumWord = (i18n: { exists: (key: string) => boolean; t: (key: never) => string }, name: string): string => {
  const place = ENUM_WORDS.find((each) => i18n.exists(`${each}.${name}`))
  return place === undefined ? name : i18n.t(`${place}.${name}` as never)
}

/** Of a list's things: a velocity rule as approvals name it, a place, a kind of approval. */
const RULE = /^(PARTICIPANT|DEVICE|IP) in (\d+) s$/
const PLACE = /^\d+$/
const KIND = /^(?:PUBLISH|ODDS|STOCK|LIMITS|RISK_LISTS|BUDGET)$/

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Names and values of a campaign's fields as people say them. `currency`: of its amounts, where it has one. */
export function useFieldWords(currency?: string | undefined) {
  const { t, i18n } = useTranslation('rules')
  const zone = useZone()
  const named = (part: string): string => {
    const rule = RULE.exec(part)
    if (rule !== null) return t('ruleOf', { subject: enumWord(i18n, rule[1]!), count: Number(rule[2]) })
    if (PLACE.test(part)) return `#${Number(part) + 1}`
    if (KIND.test(part)) return enumWord(i18n, part)
    return i18n.exists(`rules:field.${part}`) ? t(`field.${part as Named}`) : part
  }
  /** `prizes[Bicycle].winsPerUser` → "Prizes › Bicycle › Wins of one participant". */
  const name = (path: string): string => path.split(/[.[\]]+/).filter((part) => part !== '').map(named).join(' › ')
  const value = (path: string, given: unknown): string | null => {
    const last = path.split('.').at(-1)!.replace(/\[.*$/, '')
    if (given === undefined) return null
    if (given === null) return LIMITS.test(last) ? t('noLimit') : null
    if (typeof given === 'boolean') return t(given ? 'yes' : 'no')
    if (typeof given === 'number') {
      if (last === 'probabilityPpb' || path.includes('.odds') || path.endsWith('[ODDS].above')) return percentOfPpb(given, i18n.language)
      return last.endsWith('Minor') && currency !== undefined ? money(given, currency, i18n.language) : count(given, i18n.language)
    }
    if (typeof given === 'string' && ENUMS.has(last)) return enumWord(i18n, given)
    if (typeof given === 'string') return MOMENTS.has(last) && !Number.isNaN(Date.parse(given)) ? dateTime(given, zone, i18n.language) : given
    if (isObject(given)) return Object.entries(given).flatMap(([field, part]) => (part === null || field === 'id' ? [] : [`${named(field)}: ${value(`${path}.${field}`, part) ?? ''}`])).join('\n')
    if (Array.isArray(given)) return given.map((item) => value(path, item) ?? '').join(', ')
    return JSON.stringify(given)
  }
  const row = ({ path, before, after }: FieldChange): DiffRow =>
    ({ path, name: name(path), before: value(path, before), after: value(path, after) })
  return { name, value, row }
}
