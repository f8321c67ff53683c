import { createHmac } from 'node:crypto'
import { Readable } from 'node:stream'
import { describe, expect, it } from '@jest/globals'
import { FileBroken, FileRefused, readCodeFile, type RowError } from '../../../src/modules/codes/domain/code-file.js'
import { codeVault, hmacSha256 } from '../../../src/modules/codes/domain/vault.js'

const NOW_MS = Date.UTC(2026, 10, 11)
const LIMITS = { bytesMax: 10_000, rowsMax: 100 }

interface Read { rows: Array<[line: number, code: string, expiresAtMs: number | null]>; errors: RowError[] }

async function read(file: string | Buffer | Readable, limits = LIMITS): Promise<Read> {
  const found: Read = { rows: [], errors: [] }
  const source = file instanceof Readable ? file : Readable.from([Buffer.from(file)])
  await readCodeFile(source, limits, NOW_MS, {
    row: ({ code, expiresAtMs }, line) => void found.rows.push([line, code, expiresAtMs]),
    error: (error) => void found.errors.push(error),
  })
  return found
}

describe('a file of codes', () => {
  it('has a header, in any case, with or without the second column, a BOM and Windows’ line ends', async () => {
    expect(await read('code\nA\nB')).toEqual({ rows: [[2, 'A', null], [3, 'B', null]], errors: [] })
    expect(await read('\ufeffCode,ExpiresAt\r\nA,2026-12-01T00:00:00+08:00\r\n\r\n  B  ,\r\n"C,""3""",\r\n')).toEqual({
      rows: [[2, 'A', Date.UTC(2026, 10, 30, 16)], [4, 'B', null], [5, 'C,"3"', null]], errors: [],
    })
  })

  it.each(['A\nB\n', 'codes\nA\n', 'code,expires\nA,\n', 'code,expiresAt,more\n', 'expiresAt,code\n'])('refuses the header of %j', async (file) => {
    expect(await read(file)).toEqual({ rows: [], errors: [{ line: 1, message: 'the first line must name the columns: code, or code,expiresAt' }] })
  })

  it.each<[string, string | Buffer, string]>([
    ['no code', ',2027-01-01T00:00:00Z', 'has no code'],
    ['a third column', 'A,,x', 'has 3 columns; a code, and when it expires, are all that it may have'],
    ['a long code', 'x'.repeat(129), 'the code has more than 128 characters'],
    ['a control character', 'A\u0007', 'the code holds a control character'],
    ['a line break', '"A\nB"', 'the code holds a control character'],
    ['bytes that are no text', Buffer.from([0x41, 0xff]), 'the code is not UTF-8'],
    ['a date without a time', 'A,2027-01-01', 'expiresAt must be ISO 8601 with a time and an offset, as 2026-11-11T00:00:00Z, or empty'],
    ['a day that no calendar has', 'A,2027-02-29T00:00:00Z', 'expiresAt must be ISO 8601 with a time and an offset, as 2026-11-11T00:00:00Z, or empty'],
    ['a time without an offset', 'A,2027-01-01T00:00:00', 'expiresAt must be ISO 8601 with a time and an offset, as 2026-11-11T00:00:00Z, or empty'],
    ['a time that has passed', 'A,2026-11-11T00:00:00Z', 'expiresAt has passed'],
    ['a time too far away', 'A,2200-01-01T00:00:00Z', 'expiresAt must be before the year 2200'],
  ])('says what is wrong with %s, and reads on', async (_what, row, message) => {
    const { rows, errors } = await read(Buffer.concat([Buffer.from('code,expiresAt\nFIRST\n'), Buffer.from(row), Buffer.from('\nLAST\n')]))
    expect([rows.map(([, code]) => code), errors.map((error) => error.message)]).toEqual([['FIRST', 'LAST'], [message]])
    expect(errors[0]!.line).toBeGreaterThanOrEqual(3)
  })

  it.each<[string, string, string]>([
    ['an open quote', '"A\nB\nC\n', 'a quote was not closed'],
    ['a value after a quote', '"A"B\nC\n', 'is not CSV'],
    ['a row without an end', `${'x'.repeat(2_000)}\nC\n`, 'a row has more than 1024 characters'],
  ])('says where the CSV breaks off: %s', async (_what, rest, message) => {
    const { rows, errors } = await read(`code\nFIRST\n${rest}`)
    expect(rows).toEqual([[2, 'FIRST', null]])
    expect(errors).toHaveLength(1)
    expect(errors[0]!.message).toContain(message)
    expect(errors[0]!.message).toContain('nothing after it was read')
  })

  it('goes on behind a quote in a value that is not quoted', async () => {
    const { rows, errors } = await read('code\nFIRST\nA"B\nLAST\n')
    expect(rows).toEqual([[2, 'FIRST', null], [4, 'LAST', null]])
    expect(errors).toEqual([{ line: 3, message: 'a quote in a value that is not quoted: quote the value, and double the quote' }])
  })

  it('tells no code in its errors', async () => {
    const { errors } = await read('code,expiresAt\nSECRET-1,soon\nSECRET-2,,\nSECRET"3\n')
    expect(errors).toHaveLength(3)
    expect(JSON.stringify(errors)).not.toContain('SECRET')
  })

  it('has bounds', async () => {
    const rows = (count: number) => `code\n${Array.from({ length: count }, (_, n) => `${n}\n`).join('')}`
    expect((await read(rows(100))).rows).toHaveLength(100)
    await expect(read(rows(101))).rejects.toThrow(FileRefused)
    await expect(read(rows(100), { ...LIMITS, bytesMax: 200 })).rejects.toThrow('more than 200 bytes')
    await expect(read('')).rejects.toThrow('The file is empty')
    await expect(read('code\n')).rejects.toThrow('The file has no codes')
  })

  it('that breaks off is none, and a reader that is slow is waited for', async () => {
    const broken = new Readable({ read() { /* pushed below */ } })
    broken.push('code\nA\n')
    setTimeout(() => broken.destroy(), 10)
    await expect(read(broken)).rejects.toThrow(FileBroken)
    let busy = 0
    let most = 0
    await readCodeFile(Readable.from([Buffer.from('code\nA\nB\nC\n')]), LIMITS, NOW_MS, {
      row: async () => {
        most = Math.max(most, ++busy)
        await new Promise((resolve) => setTimeout(resolve, 5))
        busy--
      },
      error: () => undefined,
    })
    expect([busy, most]).toEqual([0, 1])
  })
})

describe('a vault', () => {
  const vault = codeVault('a-secret-key-of-at-least-32-characters', 'tenant', 'prize')

  it('opens what it sealed, and what another sealed not', () => {
    // Long enough that no random ciphertext holds one of them by chance.
    const codes = ['SUMMER-2026-A', 'Ω-2026-winner', 'C-0123456789']
    const sealed = vault.seal('import', 3, codes)
    expect(vault.open('import', 3, sealed)).toEqual(codes)
    for (const code of codes) expect(sealed.includes(code)).toBe(false)
    expect(vault.seal('import', 3, codes).equals(sealed)).toBe(false)
    const strangers = [
      codeVault('another-secret-key-of-at-least-32-chars', 'tenant', 'prize'), codeVault('a-secret-key-of-at-least-32-characters', 'other', 'prize'),
      codeVault('a-secret-key-of-at-least-32-characters', 'tenant', 'other'),
    ]
    for (const other of strangers) expect(() => other.open('import', 3, sealed)).toThrow()
    expect(() => vault.open('import', 4, sealed)).toThrow()
    expect(() => vault.open('other', 3, sealed)).toThrow()
    expect(() => vault.open('import', 3, Buffer.concat([sealed.subarray(0, -1), Buffer.from([sealed.at(-1)! ^ 1])]))).toThrow()
  })

  it('knows a code again, within its prize alone', () => {
    expect(vault.fingerprint('A')).toEqual(vault.fingerprint('A'))
    expect(vault.fingerprint('A')).toHaveLength(16)
    expect(vault.fingerprint('A')).not.toEqual(vault.fingerprint('a'))
    expect(vault.fingerprint('A')).not.toEqual(codeVault('a-secret-key-of-at-least-32-characters', 'tenant', 'other').fingerprint('A'))
  })

  it('has the HMAC of RFC 2104', () => {
    for (const [key, text] of [[Buffer.alloc(32, 7), ''], [Buffer.alloc(64, 1), 'Ω'.repeat(100)], [Buffer.from('k'), 'code']] as const) {
      expect(hmacSha256(key)(text)).toEqual(createHmac('sha256', key).update(text).digest())
    }
  })
})
