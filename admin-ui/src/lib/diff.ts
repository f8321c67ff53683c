import { same } from './same.js'

/** One field that differs; undefined: it is not there. */
export interface FieldChange {
  readonly path: string
  readonly before: unknown
  readonly after: unknown
}

type Named = Readonly<Record<string, unknown>> & { readonly id: string }

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isListOfThings = (value: unknown): value is readonly Named[] => Array.isArray(value) && value.length > 0 && value.every((item) => isObject(item) && typeof item.id === 'string')
const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

/** What is beneath: things with ids by their names, other lists by place. */
function partsOf(value: unknown, other: unknown): Map<string, unknown> | null {
  if (isListOfThings(value)) return new Map(value.map((item) => [`[${item.id}]`, item]))
  if (isList(value)) return isListOfThings(other) && value.length === 0 ? new Map() : new Map(value.map((item, place) => [`[${place}]`, item]))
  return isObject(value) ? new Map(Object.entries(value).map(([name, field]) => [`.${name}`, field])) : null
}

const nameOf = (key: string, ...items: unknown[]): string => {
  for (const item of items) if (isObject(item) && typeof item.id === 'string' && typeof item.name === 'string') return `[${item.name}]`
  return key
}

function compare(before: unknown, after: unknown, path: string, into: FieldChange[]): void {
  if (same(before, after)) return
  const [old, now] = [partsOf(before, after), partsOf(after, before)]
  if (old === null || now === null || isList(before) !== isList(after)) {
    into.push({ path, before, after })
    return
  }
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const [was, is] = [old.get(key), now.get(key)]
    compare(was, is, `${path}${nameOf(key, is, was)}`.replace(/^\./, ''), into)
  }
}

/** What differs between two values, field by field. */
export function diffOf(before: unknown, after: unknown): FieldChange[] {
  const changes: FieldChange[] = []
  compare(before, after, '', changes)
  return changes
}
