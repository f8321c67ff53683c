/** BREAKS: a promise of the product does not hold under it. WEAKENS: one fault more would break it, or fill a disk. */
export type Severity = 'BREAKS' | 'WEAKENS'

export interface Judgement {
  readonly store: 'redis' | 'postgres'
  readonly setting: string
  /** Null: as it should be. */
  readonly severity: Severity | null
  /** What is wrong and what to do; of one that is right, what was found. */
  readonly message: string
}

/** As INFO and CONFIG GET say them; `appendfsync` null where CONFIG may not be asked. Sizes in bytes, 0: no bound. */
export interface RedisFacts {
  readonly role: string
  readonly maxmemoryPolicy: string
  readonly appendOnly: boolean
  readonly appendfsync: string | null
  readonly maxmemory: number
  readonly usedMemory: number
}

/** As SHOW says them. */
export interface PostgresFacts {
  readonly fsync: string
  readonly synchronousCommit: string
  readonly fullPageWrites: string
  /** In megabytes; -1: no bound. */
  readonly maxSlotWalKeepSize: number
}

/** A rebuild writes a campaign anew beside the old state. */
const MEMORY_USED_MAX = 0.75
const percent = (part: number): string => `${Math.round(part * 100)} %`

export function judgeRedis(facts: RedisFacts): Judgement[] {
  const { role, maxmemoryPolicy, appendOnly, appendfsync, maxmemory, usedMemory } = facts
  const used = maxmemory === 0 ? 0 : usedMemory / maxmemory
  const of = judging('redis')
  return [
    of('role', role === 'slave' ? 'BREAKS' : null, role === 'slave' ? 'it is a read-only replica: name the primary in REDIS_URL' : role),
    of('maxmemory-policy', maxmemoryPolicy === 'noeviction' ? null : 'BREAKS',
      maxmemoryPolicy === 'noeviction' ? maxmemoryPolicy : `it is ${maxmemoryPolicy}, and Redis may throw stock and answers away: CONFIG SET maxmemory-policy noeviction`),
    of('appendonly', appendOnly ? null : 'BREAKS',
      appendOnly ? 'yes' : 'it is no, and a restart forgets draws that were not settled: CONFIG SET appendonly yes'),
    of('appendfsync', appendfsync === 'no' ? 'BREAKS' : null, appendfsync === 'no'
      ? 'it is no, and a power cut forgets as much as the system likes: CONFIG SET appendfsync everysec (or always, which keeps losses too)'
      : (appendfsync ?? 'not known: CONFIG may not be asked here')),
    of('maxmemory', maxmemory === 0 || used > MEMORY_USED_MAX ? 'WEAKENS' : null, maxmemory === 0
      ? 'there is no bound: the system kills a Redis that grows too large, where one with a bound refuses: CONFIG SET maxmemory <bytes>'
      : used > MEMORY_USED_MAX
        ? `${percent(used)} are used: a full Redis refuses draws, and a rebuild needs room for a second copy of a campaign: raise maxmemory, or archive campaigns`
        : `${percent(used)} used`),
  ]
}

export function judgePostgres({ fsync, synchronousCommit, fullPageWrites, maxSlotWalKeepSize }: PostgresFacts): Judgement[] {
  const of = judging('postgres')
  return [
    of('fsync', fsync === 'on' ? null : 'BREAKS', fsync === 'on' ? fsync : 'it is off, and a crash can lose or spoil everything: set fsync = on'),
    of('synchronous_commit', synchronousCommit === 'off' ? 'BREAKS' : null, synchronousCommit === 'off'
      ? 'it is off, and a win that was told can be lost: set synchronous_commit = on' : synchronousCommit),
    of('full_page_writes', fullPageWrites === 'on' ? null : 'WEAKENS',
      fullPageWrites === 'on' ? fullPageWrites : 'it is off, and a torn page cannot be mended after a crash: set full_page_writes = on'),
    of('max_slot_wal_keep_size', maxSlotWalKeepSize < 0 ? 'WEAKENS' : null, maxSlotWalKeepSize < 0
      ? 'there is no bound: while no worker runs, the log that is kept for change events fills the disk: set max_slot_wal_keep_size, for example to 2GB'
      : `${maxSlotWalKeepSize} MB`),
  ]
}

const judging = (store: Judgement['store']) => (setting: string, severity: Severity | null, message: string): Judgement =>
  ({ store, setting, severity, message })
