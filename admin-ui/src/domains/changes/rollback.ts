import type { AuditRowFragment, RuledCampaignFragment, RuledPrizeFragment, UpdateCampaignInput } from '../../generated/graphql.js'
import { same } from '../../lib/same.js'
import { type Field, FIELDS, mayChange, mayChangePrize, mayRevise, type PrizeField, PRIZE_FIELDS, type Stage } from '../rules/freedom.js'
import { prizeInput, tableInput } from '../rules/inputs.js'
import { changeOf } from './entry.js'

type Json = Readonly<Record<string, unknown>>
type Campaign = RuledCampaignFragment
type Table = Campaign['oddsTables'][number]
type WrittenTable = Omit<Table, 'entries'> & { entries: Array<{ position: number; probabilityPpb: number }> }

interface Rollback {
  /** How it is asked for: as any change of the rules, or as a revision of the odds. */
  readonly by: 'update' | 'odds'
  readonly fields: Partial<Campaign>
  readonly prizes: ReadonlyMap<string, Partial<RuledPrizeFragment>>
  /** What of the change may not be taken back any more. */
  readonly kept: readonly string[]
}

/** The log names what is too large for it, and does not have it; plans of releases and packets it has in a form of its own. */
const isThere = (value: unknown) => value !== undefined && !(typeof value === 'object' && value !== null && 'omitted' in value)
const WRITTEN_OTHERWISE: ReadonlySet<PrizeField> = new Set(['release', 'packets', 'fulfilment'])
const things = (value: unknown): ReadonlyArray<Json & { id: string; name: string }> => (Array.isArray(value) ? value as never : [])

/** Odds tables as the log has them, where each prize is named by its place; null where one of them is not known. */
function tablesOf(value: unknown, prizes: readonly RuledPrizeFragment[]): Table[] | null {
  if (!Array.isArray(value)) return null
  const at = (wanted: number) => prizes.filter(({ position }) => position === wanted)
  const tables = (value as WrittenTable[]).map((table) => ({
    ...table, entries: table.entries.flatMap(({ position, probabilityPpb }) => at(position).map((prize) => ({ prize, probabilityPpb }))),
  }))
  return tables.some(({ entries }, n) => entries.length !== (value[n] as Table).entries.length) ? null : tables
}

/** What a change had before it, as far as that may still be changed; null where the entry is of no such change. */
export function rollbackOf(entry: Pick<AuditRowFragment, 'action' | 'before' | 'after'>, campaign: Campaign, stage: Stage): Rollback | null {
  const { before, after } = changeOf(entry)
  const by = entry.action === 'campaign.odds-revised' ? 'odds' : entry.action === 'campaign.updated' ? 'update' : null
  if (before === null || after === null || by === null) return null
  const fields: Record<string, unknown> = {}
  const kept: string[] = []
  const may = (field: Field) => (by === 'odds' ? field === 'oddsTables' && mayRevise(campaign, stage) : mayChange(field, stage))
  const mayPrize = (field: PrizeField) => (by === 'odds' ? field === 'probabilityPpb' && mayRevise(campaign, stage) : mayChangePrize(field, stage) && !WRITTEN_OTHERWISE.has(field))
  for (const field of FIELDS) {
    if (same(before[field], after[field]) || !(field in before)) continue
    const value = field === 'oddsTables' ? tablesOf(before[field], campaign.prizes) : before[field]
    const known = isThere(before[field]) && (field !== 'oddsTables' || value !== null)
    if (!may(field) || !known) kept.push(field)
    else fields[field] = value
  }
  const prizes = new Map<string, Partial<RuledPrizeFragment>>()
  for (const old of things(before.prizes)) {
    const now = things(after.prizes).find(({ id }) => id === old.id)
    const moved = PRIZE_FIELDS.filter((field) => field in old && !same(old[field], now?.[field]))
    const isKnown = now !== undefined && campaign.prizes.some(({ id }) => id === old.id)
    const back = moved.filter((field) => isKnown && mayPrize(field) && isThere(old[field]))
    if (back.length > 0) prizes.set(old.id, Object.fromEntries(back.map((field) => [field, old[field]])))
    kept.push(...moved.filter((field) => !back.includes(field)).map((field) => `prizes[${old.name}].${field}`))
  }
  return { by, fields: fields as Partial<Campaign>, prizes, kept }
}

export const isEmpty = ({ fields, prizes }: Rollback): boolean => Object.keys(fields).length === 0 && prizes.size === 0

/** The fields that would change, as they would be on top of this campaign. */
export const afterOf = ({ fields, prizes }: Rollback, onto: Campaign): Partial<Campaign> => ({
  ...fields, ...(prizes.size === 0 ? {} : { prizes: onto.prizes.map((prize) => ({ ...prize, ...prizes.get(prize.id) })) }),
})

export function patchOf(rollback: Rollback, onto: Campaign): UpdateCampaignInput {
  const { prizes, oddsTables, ...fields } = afterOf(rollback, onto)
  return {
    ...fields as UpdateCampaignInput,
    ...(prizes === undefined ? {} : { prizes: prizes.map(prizeInput) }),
    ...(oddsTables === undefined ? {} : { oddsTables: oddsTables.map(tableInput) }),
  }
}

export const revisionOf = ({ fields: { oddsTables }, prizes }: Rollback) => ({
  prizes: prizes.size === 0 ? null : [...prizes].map(([prize, { probabilityPpb }]) => ({ prize, probabilityPpb: probabilityPpb! })),
  oddsTables: oddsTables?.map(tableInput) ?? null,
})
