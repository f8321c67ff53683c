import { isDeepStrictEqual } from 'node:util'
import { canonicalJson } from '../../../common/canonical-json.js'
import { sha256 } from '../../../common/hash.js'

type Json = Readonly<Record<string, unknown>>

/** What names a thing stays in both states, changed or not. */
const NAMES: readonly string[] = ['id', 'name', 'slug', 'version', 'prefix', 'kid', 'email']
const VALUE_CHARACTERS_MAX = 100_000
/** Of one field of a value that is too large as a whole. */
const FIELD_CHARACTERS_MAX = 1_000

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)
const isListOfThings = (value: unknown): value is ReadonlyArray<Json & { id: string }> =>
  Array.isArray(value) && value.every((item) => isObject(item) && typeof item.id === 'string')

/** Dates become text, and so do numbers that not every reader of JSON reads alike: hashes are made of what is written here. */
const plain = (value: object): Json => JSON.parse(JSON.stringify(value, (_name, item: unknown) => {
  if (typeof item === 'bigint') return item.toString()
  return typeof item === 'number' && !Number.isSafeInteger(item) ? String(item) : item
})) as Json

/** The part of `one` in which `other` differs, and what names it. */
function difference(one: Json, other: Json): Json {
  const fields = Object.keys(one).flatMap((name): Array<[string, unknown]> => {
    const [mine, theirs] = [one[name], other[name]]
    if (isDeepStrictEqual(mine, theirs)) return NAMES.includes(name) ? [[name, mine]] : []
    return [[name, isListOfThings(mine) && isListOfThings(theirs) ? differenceOfLists(mine, theirs) : mine]]
  })
  return Object.fromEntries(fields)
}

/** Things that both lists have, as far as they differ; those that only `mine` has, as they are. */
function differenceOfLists(mine: ReadonlyArray<Json & { id: string }>, theirs: ReadonlyArray<Json & { id: string }>): readonly Json[] {
  const others = new Map(theirs.map((item) => [item.id, item]))
  return mine.flatMap((item) => {
    const other = others.get(item.id)
    if (other === undefined) return [item]
    return isDeepStrictEqual(item, other) ? [] : [difference(item, other)]
  })
}

/** What is too large to keep is named, and known again by its hash. */
function bounded(value: Json): Json {
  if (canonicalJson(value).length <= VALUE_CHARACTERS_MAX) return value
  return Object.fromEntries(Object.entries(value).map(([name, field]) => {
    const text = canonicalJson(field)
    const kept = text.length <= FIELD_CHARACTERS_MAX
    return [name, kept ? field : { omitted: `${text.length} characters`, sha256: sha256(text).toString('hex') }]
  }))
}

/**
 * The two states of a changed thing, reduced to what changed and what names it: in lists of things with ids, thing by thing. Where there is
 * one state alone, the thing was made or is gone: it stays whole.
 */
export function changesOf(before: object | null, after: object | null): { before: Json | null; after: Json | null } {
  const [was, is] = [before === null ? null : plain(before), after === null ? null : plain(after)]
  if (was === null || is === null) return { before: was === null ? null : bounded(was), after: is === null ? null : bounded(is) }
  return { before: bounded(difference(was, is)), after: bounded(difference(is, was)) }
}
