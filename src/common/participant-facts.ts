import { isSafeId } from './ids.js'

export type AttributeValue = string | number | boolean

/** What a tenant says of a participant, by its token's claims or its server's input: rules and odds may depend on it. */
export interface ParticipantFacts {
  readonly tier: string | null
  readonly riskPool: string | null
  readonly segments: readonly string[]
  readonly attributes: ReadonlyMap<string, AttributeValue>
}

export const NO_FACTS: ParticipantFacts = Object.freeze({ tier: null, riskPool: null, segments: Object.freeze([]), attributes: new Map() })

const LABEL_CHARACTERS_MAX = 64
const SEGMENTS_MAX = 32
const ATTRIBUTES_MAX = 32
const TEXT_CHARACTERS_MAX = 256
const ATTRIBUTES_BYTES_MAX = 4_096
const LABEL_RULE = `must be 1 to ${LABEL_CHARACTERS_MAX} characters, none of them a control character or a brace`

/** Facts as somebody gave them: anything may stand in each place; null and undefined say nothing. */
export interface GivenFacts {
  readonly tier?: unknown
  readonly riskPool?: unknown
  readonly segments?: unknown
  readonly attributes?: Iterable<readonly [string, unknown]> | null
}
export interface FactsProblem { readonly path: string; readonly message: string }

const isLabel = (value: unknown): value is string => typeof value === 'string' && isSafeId(value, LABEL_CHARACTERS_MAX)

/** Facts within their bounds, or the first thing that is out of them, by its path (`segments[3]`, `attributes.level`). */
export function readFacts({ tier, riskPool, segments, attributes }: GivenFacts): ParticipantFacts | FactsProblem {
  if (tier != null && !isLabel(tier)) return { path: 'tier', message: LABEL_RULE }
  if (riskPool != null && !isLabel(riskPool)) return { path: 'riskPool', message: LABEL_RULE }
  const labels: unknown = segments ?? []
  if (!Array.isArray(labels) || labels.length > SEGMENTS_MAX) return { path: 'segments', message: `must be at most ${SEGMENTS_MAX}` }
  const odd = labels.findIndex((label) => !isLabel(label))
  if (odd >= 0) return { path: `segments[${odd}]`, message: LABEL_RULE }
  const read = readAttributes(attributes ?? [])
  if (!(read instanceof Map)) return read
  return { tier: tier ?? null, riskPool: riskPool ?? null, segments: Object.freeze([...(labels as string[])]), attributes: read }
}

export const isFactsProblem = (read: ParticipantFacts | FactsProblem): read is FactsProblem => 'path' in read

/** A map, not an object: no name that a caller chooses (`__proto__`, `constructor`) means anything to it. */
function readAttributes(given: Iterable<readonly [string, unknown]>): Map<string, AttributeValue> | FactsProblem {
  const attributes = new Map<string, AttributeValue>()
  let bytes = 0
  for (const [name, value] of given) {
    if (!isSafeId(name, LABEL_CHARACTERS_MAX)) return { path: 'attributes', message: `the name of one ${LABEL_RULE}` }
    const path = `attributes.${name}`
    if (attributes.has(name)) return { path, message: 'is there twice' }
    if (attributes.size === ATTRIBUTES_MAX) return { path: 'attributes', message: `must be at most ${ATTRIBUTES_MAX}` }
    if (typeof value === 'string' ? value.length > TEXT_CHARACTERS_MAX || !value.isWellFormed() : typeof value !== 'boolean' && !isNumber(value)) {
      return { path, message: `must be a text of at most ${TEXT_CHARACTERS_MAX} characters, a finite number, true or false` }
    }
    bytes += Buffer.byteLength(name) + (typeof value === 'string' ? Buffer.byteLength(value) : 8)
    if (bytes > ATTRIBUTES_BYTES_MAX) return { path: 'attributes', message: `must have at most ${ATTRIBUTES_BYTES_MAX} bytes in all` }
    attributes.set(name, value as AttributeValue)
  }
  return attributes
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)
