/** One field that differs, its values as JSON; null: it is not there. */
export interface FieldChange {
  readonly path: string
  readonly before: string | null
  readonly after: string | null
}

const CHANGES_MAX = 200
const VALUE_CHARACTERS_MAX = 500
const ELLIPSIS = '…'

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }

const plain = (value: unknown): Json | undefined =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value, (_key, item: unknown) => (typeof item === 'bigint' ? item.toString() : item))) as Json

const shown = (value: Json | undefined): string | null => {
  if (value === undefined) return null
  const text = JSON.stringify(value)
  return text.length <= VALUE_CHARACTERS_MAX ? text : text.slice(0, VALUE_CHARACTERS_MAX) + ELLIPSIS
}

const isObject = (value: Json | undefined): value is Readonly<Record<string, Json>> => typeof value === 'object' && value !== null && !Array.isArray(value)

/** A list whose items have ids is compared by them: an item that has moved has not changed. Named by `name` where there is one. */
function keyed(list: readonly Json[]): Map<string, Json> | null {
  const byId = new Map<string, Json>()
  for (const item of list) {
    if (!isObject(item) || typeof item.id !== 'string' || byId.has(item.id)) return null
    byId.set(item.id, item)
  }
  return byId
}

const nameOf = (id: string, ...items: Array<Json | undefined>): string => {
  for (const item of items) if (isObject(item) && typeof item.name === 'string') return item.name
  return id
}

/** What differs between two values, field by field in a stable order; the first 200. */
export function fieldDiff(before: unknown, after: unknown): FieldChange[] {
  const changes: FieldChange[] = []
  compare(plain(before), plain(after), '', changes)
  return changes.slice(0, CHANGES_MAX)
}

function compare(before: Json | undefined, after: Json | undefined, path: string, into: FieldChange[]): void {
  if (into.length >= CHANGES_MAX || JSON.stringify(before) === JSON.stringify(after)) return
  if (isObject(before) && isObject(after)) {
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) compare(before[key], after[key], path === '' ? key : `${path}.${key}`, into)
    return
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    const [old, now] = [keyed(before as readonly Json[]), keyed(after as readonly Json[])]
    if (old !== null && now !== null && old.size + now.size > 0) {
      for (const id of new Set([...old.keys(), ...now.keys()])) compare(old.get(id), now.get(id), `${path}[${nameOf(id, now.get(id), old.get(id))}]`, into)
      return
    }
    const length = Math.max(before.length, after.length)
    for (let i = 0; i < length; i++) compare((before as readonly Json[])[i], (after as readonly Json[])[i], `${path}[${i}]`, into)
    return
  }
  into.push({ path, before: shown(before), after: shown(after) })
}
