import { differences, type Difference, type Fields } from '../../lib/three-way.js'
import type { PrizeValues, TableValues, Values } from './values.js'

const PLAIN = [
  'name', 'description', 'startsAt', 'endsAt', 'timezone', 'requiresTickets', 'bucketCount', 'durability', 'drawsPerUserTotal', 'drawsPerUserDaily', 'winsPerUser',
  'guaranteeAfterLosses', 'eligibility', 'oddsTables', 'rules',
] as const satisfies ReadonlyArray<keyof Values>
/** Told part by part. */
const IN_PARTS = ['budget', 'tickets'] as const satisfies ReadonlyArray<keyof Values>
const PRIZE = /^prizes\.([^.]+)(?:\.(\w+))?$/

/** The prizes, and the odds that name them, under the ids that both sides know. */
export function byId(values: Values): Values {
  const ids = new Map(values.prizes.map(({ key, id }) => [key, id ?? key]))
  const ofPrizes = (odds: TableValues['odds']) =>
    Object.entries(odds).flatMap(([key, ppb]) => (ids.has(key) && ppb !== '' ? [[ids.get(key) ?? key, ppb] as const] : []))
  const table = ({ odds, ...rest }: TableValues): TableValues =>
    ({ ...rest, odds: Object.fromEntries(ofPrizes(odds).toSorted()) })
  const prizes = values.prizes.map((prize) => ({ ...prize, key: prize.id ?? prize.key }))
  return { ...values, prizes, oddsTables: values.oddsTables.map(table) }
}

/** Field by field; of a prize that one of the sides has not, the whole. */
function fieldsOf(values: Values, shared: ReadonlySet<string>): Fields {
  const fields = new Map<string, unknown>(PLAIN.map((name) => [name, values[name]]))
  for (const group of IN_PARTS) for (const [name, value] of Object.entries(values[group])) fields.set(`${group}.${name}`, value)
  for (const prize of values.prizes) {
    if (!shared.has(prize.key)) fields.set(`prizes.${prize.key}`, prize)
    else for (const [name, value] of Object.entries(prize)) if (name !== 'key' && name !== 'id') fields.set(`prizes.${prize.key}.${name}`, value)
  }
  return fields
}

/** The fields in which two editors' campaigns differ. All three as `byId` has them. */
export function campaignDifferences(before: Values, mine: Values, theirs: Values): Difference[] {
  const others = new Set(theirs.prizes.map(({ key }) => key))
  const shared = new Set(mine.prizes.map(({ key }) => key).filter((key) => others.has(key)))
  return differences(fieldsOf(before, shared), fieldsOf(mine, shared), fieldsOf(theirs, shared))
}

/** Theirs, with what was chosen of mine. */
export function merged(mine: Values, theirs: Values, ofMine: ReadonlySet<string>): Values {
  const result: Record<string, unknown> = { ...theirs }
  for (const name of PLAIN) if (ofMine.has(name)) result[name] = mine[name]
  for (const group of IN_PARTS) {
    result[group] = Object.fromEntries(Object.entries(theirs[group]).map(([name, value]) =>
      [name, ofMine.has(`${group}.${name}`) ? (mine[group] as Record<string, unknown>)[name] : value]))
  }
  return { ...(result as unknown as Values), prizes: mergedPrizes(mine.prizes, theirs.prizes, ofMine) }
}

function mergedPrizes(mine: readonly PrizeValues[], theirs: readonly PrizeValues[], ofMine: ReadonlySet<string>): PrizeValues[] {
  const kept = theirs.flatMap((prize): PrizeValues[] => {
    const ours = mine.find(({ key }) => key === prize.key)
    if (ours === undefined) return ofMine.has(`prizes.${prize.key}`) ? [] : [prize]
    const chosen = Object.entries(ours).filter(([name]) => ofMine.has(`prizes.${prize.key}.${name}`))
    return [{ ...prize, ...Object.fromEntries(chosen) }]
  })
  // One that they removed comes back as a new prize: its id is used up.
  const added = mine.filter(({ key }) => ofMine.has(`prizes.${key}`) && !theirs.some((prize) => prize.key === key)).map((prize) => ({ ...prize, id: null }))
  return [...kept, ...added]
}

/** The prize that a path is of, and the field's name, where it is of one. */
export function prizeOfPath(path: string): { key: string; field: string | undefined } | null {
  const found = PRIZE.exec(path)
  return found === null ? null : { key: found[1]!, field: found[2] }
}
