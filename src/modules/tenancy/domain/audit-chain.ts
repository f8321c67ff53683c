import { canonicalJson } from '../../../common/canonical-json.js'
import { sha256 } from '../../../common/hash.js'

/** An entry of a tenant's audit log in its place. Hashes are hexadecimal; `before` and `after` are JSON objects, or null. */
export interface ChainedEntry {
  readonly tenantId: string
  readonly seq: number
  readonly at: Date
  readonly actorKind: string
  readonly actorId: string | null
  readonly action: string
  readonly subjectKind: string
  readonly subjectId: string
  readonly campaignId: string | null
  readonly before: unknown
  readonly after: unknown
  readonly reason: string | null
  readonly requestId: string | null
  readonly ip: string | null
  readonly previousHash: string
  readonly hash: string
}

/** A place in a chain: the head, or one that somebody has noted elsewhere. */
export interface ChainPlace {
  readonly seq: number
  readonly hash: string
}

/**
 * MISSING: the number is not there, the next is. UNLINKED: names another hash than that of the entry before. CHANGED: is not what its hash was
 * made of. TRUNCATED: the log ends before its head, or before a place that was noted. REWRITTEN: is sound by itself, but not what was noted.
 * ASTRAY: entries that no chain holds, or that lie beyond the head.
 */
export type ChainFault = 'MISSING' | 'UNLINKED' | 'CHANGED' | 'TRUNCATED' | 'REWRITTEN' | 'ASTRAY'

export interface ChainBreak {
  readonly seq: number
  readonly fault: ChainFault
  readonly message: string
}

export interface ChainReport {
  /** Entries read, up to the break. */
  readonly entries: number
  readonly last: ChainPlace
  /** The first that is wrong; null: none. */
  readonly broken: ChainBreak | null
}

/** Before the first entry. */
export const CHAIN_START: ChainPlace = { seq: 0, hash: '0'.repeat(64) }

/** What is null is left out, so that a field that comes later leaves earlier hashes as they are. */
function canonical(fields: object): string {
  const said = Object.entries(fields).filter(([, value]) => value !== null)
  return canonicalJson(Object.fromEntries(said.map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value])))
}

/** As the database makes it (system_audit_link): of everything that the entry says, `previousHash` included. */
export const hashOfEntry = ({ hash: _, ...said }: ChainedEntry): string => sha256(canonical(said)).toString('hex')

/** An entry as a line of JSON: without its `hash`, it is the very text that the hash is of. */
export const jsonOfEntry = (entry: ChainedEntry): string => canonical(entry)

/**
 * Follows a whole chain from its beginning, in constant memory, and names the first break. `noted`: places that the chain must go through,
 * its head among them where there is one to compare with.
 */
export async function verifyChain(entries: AsyncIterable<ChainedEntry>, noted: readonly ChainPlace[]): Promise<ChainReport> {
  let last = CHAIN_START
  for await (const entry of entries) {
    const broken = breakAt(entry, last, noted)
    if (broken !== null) return { entries: last.seq, last, broken }
    last = { seq: entry.seq, hash: entry.hash }
  }
  const beyond = Math.max(0, ...noted.map(({ seq }) => seq))
  const broken = beyond <= last.seq ? null
    : { seq: last.seq + 1, fault: 'TRUNCATED' as const, message: `the log ends at ${last.seq}, and had ${beyond} entries` }
  return { entries: last.seq, last, broken }
}

function breakAt(entry: ChainedEntry, last: ChainPlace, noted: readonly ChainPlace[]): ChainBreak | null {
  const { seq, previousHash, hash } = entry
  const next = last.seq + 1
  if (seq !== next) return { seq: next, fault: 'MISSING', message: `is missing; ${seq} follows ${last.seq}` }
  if (previousHash !== last.hash) {
    return { seq, fault: 'UNLINKED', message: `goes on from another entry than ${last.seq} is now: one of the two was changed` }
  }
  if (hashOfEntry(entry) !== hash) return { seq, fault: 'CHANGED', message: 'is not what its hash was made of' }
  const other = noted.find((place) => place.seq === seq && place.hash !== hash)
  return other === undefined ? null : { seq, fault: 'REWRITTEN', message: `has the hash ${hash}, and had ${other.hash}` }
}

const TEXTS = ['tenantId', 'at', 'actorKind', 'action', 'subjectKind', 'subjectId', 'previousHash', 'hash']
const NOTHING = { actorId: null, campaignId: null, before: null, after: null, reason: null, requestId: null, ip: null }

/** What `jsonOfEntry` has written; null for what it cannot have. A field that is too many stays, and the hash tells of it. */
export function entryOfJson(line: string): ChainedEntry | null {
  let read: unknown
  try {
    read = JSON.parse(line)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
  if (typeof read !== 'object' || read === null) return null
  const fields = read as Record<string, unknown>
  const at = new Date(String(fields.at))
  if (TEXTS.some((name) => typeof fields[name] !== 'string') || typeof fields.seq !== 'number' || Number.isNaN(at.getTime())) return null
  return { ...NOTHING, ...fields, at } as ChainedEntry
}
