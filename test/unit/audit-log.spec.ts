import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { canonicalJson } from '../../src/common/canonical-json.js'
import { csvLine } from '../../src/common/csv.js'
import {
  CHAIN_START, type ChainedEntry, type ChainPlace, entryOfJson, hashOfEntry, jsonOfEntry, verifyChain,
} from '../../src/modules/tenancy/domain/audit-chain.js'
import { changesOf } from '../../src/modules/tenancy/domain/audit-changes.js'

const NOBODY = { actorId: null, campaignId: null, before: null, reason: null, requestId: null, ip: null }

/** An entry after `last`, whose hash is as it must be. */
function link(last: ChainPlace, more: Partial<ChainedEntry> = {}): ChainedEntry {
  const entry = {
    ...NOBODY, tenantId: 't', seq: last.seq + 1, at: new Date('2026-11-29T12:00:00.120Z'), actorKind: 'system', action: 'a.b', subjectKind: 's', subjectId: 'i',
    after: { n: last.seq, text: '"中文"\n' }, previousHash: last.hash, hash: '', ...more,
  }
  return { ...entry, hash: hashOfEntry(entry) }
}

function chain(length: number): ChainedEntry[] {
  const entries: ChainedEntry[] = []
  for (let last: ChainPlace = CHAIN_START; entries.length < length; last = entries.at(-1)!) entries.push(link(last))
  return entries
}

async function* streamed(entries: readonly ChainedEntry[]): AsyncGenerator<ChainedEntry> {
  yield* entries
}
const place = ({ seq, hash }: ChainPlace): ChainPlace => ({ seq, hash })
const check = (entries: readonly ChainedEntry[], noted: readonly ChainPlace[] = []) => verifyChain(streamed(entries), noted)

describe('canonical JSON', () => {
  it('is RFC 8785: names in their order, no white space, nothing that is undefined', () => {
    expect(canonicalJson({ b: [1, { d: null, c: 'ä"\n' }], a: true, e: undefined, 10: 0 })).toBe('{"10":0,"a":true,"b":[1,{"c":"ä\\"\\n","d":null}]}')
  })

  it('is one text for one value', () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = canonicalJson(value)
      expect(canonicalJson(JSON.parse(text))).toBe(text)
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)))
    }))
  })
})

describe('a chain', () => {
  const entries = chain(6)
  const head = place(entries[5]!)

  it('is whole, and goes through every place that was noted', async () => {
    expect(await check(entries, [head, ...entries.map(place)])).toEqual({ entries: 6, last: head, broken: null })
    expect(await check([])).toEqual({ entries: 0, last: CHAIN_START, broken: null })
  })

  it.each(['tenantId', 'actorKind', 'actorId', 'action', 'subjectKind', 'subjectId', 'campaignId', 'before', 'after', 'reason', 'requestId', 'ip', 'at'] as const)(
    'is broken by a changed %s', async (name) => {
      const other = name === 'at' ? new Date(0) : name === 'after' || name === 'before' ? { n: 0 } : 'other'
      const changed = entries.map((entry) => (entry.seq === 3 ? { ...entry, [name]: other } : entry))
      expect((await check(changed, [head])).broken).toMatchObject({ seq: 3, fault: 'CHANGED' })
    })

  it('is broken where a changed entry was hashed anew: the next goes on from another', async () => {
    const changed = entries.map((entry) => (entry.seq === 3 ? link(entries[1]!, { reason: 'another' }) : entry))
    expect(await check(changed, [head])).toMatchObject({ entries: 3, broken: { seq: 4, fault: 'UNLINKED' } })
  })

  it('is broken by a missing entry, renumbered or not, and by one that comes twice or too early', async () => {
    const without = entries.filter(({ seq }) => seq !== 3)
    expect((await check(without, [head])).broken).toMatchObject({ seq: 3, fault: 'MISSING', message: 'is missing; 4 follows 2' })
    const renumbered = without.map((entry) => (entry.seq > 3 ? { ...entry, seq: entry.seq - 1 } : entry))
    expect((await check(renumbered, [])).broken).toMatchObject({ seq: 3, fault: 'UNLINKED' })
    expect((await check(renumbered.map((entry, n) => ({ ...entry, previousHash: renumbered[n - 1]?.hash ?? CHAIN_START.hash })))).broken).toMatchObject({ seq: 3, fault: 'CHANGED' })
    expect((await check([...entries.slice(0, 3), entries[2]!, ...entries.slice(3)])).broken).toMatchObject({ seq: 4, fault: 'MISSING' })
    expect((await check(entries.slice(1))).broken).toMatchObject({ seq: 1, fault: 'MISSING' })
  })

  it('is broken at its end where the head, or what was noted, knows of more', async () => {
    expect((await check(entries.slice(0, 4), [head])).broken).toMatchObject({ seq: 5, fault: 'TRUNCATED' })
    expect((await check([], [head])).broken).toMatchObject({ seq: 1, fault: 'TRUNCATED' })
  })

  it('that was written anew from some place on is sound by itself: only what was noted tells', async () => {
    const anew = entries.slice(0, 3)
    while (anew.length < 6) anew.push(link(anew.at(-1)!, { reason: 'another' }))
    expect((await check(anew, [place(anew[5]!)])).broken).toBeNull()
    expect((await check(anew, [place(anew[5]!), place(entries[4]!)])).broken).toMatchObject({ seq: 5, fault: 'REWRITTEN' })
  })

  it('is read again from its JSON lines, whose text without the hash is what the hash is of', async () => {
    const read = entries.map((entry) => entryOfJson(jsonOfEntry(entry))!)
    expect(read).toEqual(entries)
    expect((await check(read, [head])).broken).toBeNull()
    for (const line of ['', 'null', '[]', '{"seq":1}', '{', jsonOfEntry(entries[0]!).replace('"at":"2', '"at":"x')]) expect(entryOfJson(line)).toBeNull()
    const more = entryOfJson(jsonOfEntry(entries[0]!).replace('{', '{"approvedBy":"eve",'))!
    expect((await check([more])).broken).toMatchObject({ seq: 1, fault: 'CHANGED' })
  })
})

describe('what a change is kept as', () => {
  it('is what changed and what names it, thing by thing', () => {
    const before = { id: 'c', name: 'C', status: 'DRAFT', budget: { currency: 'CNY', totalMinor: 5 }, prizes: [{ id: '1', name: 'A', odds: 1, kind: 'X' }, { id: '2', name: 'B' }, { id: '3', name: 'D' }] }
    const after = { id: 'c', name: 'C', status: 'DRAFT', budget: { currency: 'CNY', totalMinor: 9 }, prizes: [{ id: '1', name: 'A', odds: 2, kind: 'X' }, { id: '2', name: 'B' }, { id: '4', name: 'E' }] }
    expect(changesOf(before, after)).toEqual({
      before: { id: 'c', name: 'C', budget: { currency: 'CNY', totalMinor: 5 }, prizes: [{ id: '1', name: 'A', odds: 1 }, { id: '3', name: 'D' }] },
      after: { id: 'c', name: 'C', budget: { currency: 'CNY', totalMinor: 9 }, prizes: [{ id: '1', name: 'A', odds: 2 }, { id: '4', name: 'E' }] },
    })
  })

  it('is whole where the thing was made or is gone', () => {
    expect(changesOf(null, { a: 1, at: new Date(0) })).toEqual({ before: null, after: { a: 1, at: '1970-01-01T00:00:00.000Z' } })
    expect(changesOf({ a: 1 }, null)).toEqual({ before: { a: 1 }, after: null })
  })

  it('has no number that readers of JSON may read differently', () => {
    expect(changesOf(null, { big: 2n ** 60n, half: 0.5, tiny: 1e-7, huge: 2 ** 53, whole: 5 }).after)
      .toEqual({ big: '1152921504606846976', half: '0.5', tiny: '1e-7', huge: '9007199254740992', whole: 5 })
  })

  it('names what is too large to keep, and by what it is known again', () => {
    const prizes = Array.from({ length: 5_000 }, (_, n) => ({ id: `prize-${n}`, name: 'x'.repeat(20) }))
    expect(changesOf(null, { id: 'c', version: 3, prizes }).after)
      .toEqual({ id: 'c', version: 3, prizes: { omitted: expect.stringMatching(/^\d{6} characters$/), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) } })
  })
})

describe('a line of CSV', () => {
  it('quotes what must be, and defuses what a spreadsheet would run', () => {
    expect(csvLine(['a', null, '', 'b,"c"', ' d', 'two\nlines'])).toBe('a,,,"b,""c"""," d","two\nlines"\r\n')
    expect(csvLine(['=1+1', '+1', '-1', '@x', '\t=1', "'x", '＝1'])).toBe("'=1+1,'+1,'-1,'@x,'\t=1,''x,'＝1\r\n")
  })
})
