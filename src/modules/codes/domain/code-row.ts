const CODE_CHARACTERS_MAX = 128
const EXPIRES_MS_MAX = Date.UTC(2200, 0, 1)
const CONTROL = /[\p{Cc}\u2028\u2029\ufeff]/u
const ISO_8601 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/

export interface CodeRow {
  readonly code: string
  /** Null: never. */
  readonly expiresAtMs: number | null
}

/** What keeps the first line from naming the columns; null where it does. */
export function headerProblem(record: readonly string[]): string | null {
  const names = record.map((name) => name.toLowerCase())
  const fits = names[0] === 'code' && (names.length === 1 || (names.length === 2 && names[1] === 'expiresat'))
  return fits ? null : 'the first line must name the columns: code, or code,expiresAt'
}

/** Reads the rows of one file: each is a row, or what is wrong with it. No message repeats the code. */
export function rowReader(): (record: readonly string[], nowMs: number) => CodeRow | string {
  // Most files say the same moment in every row.
  let known = { text: '', ms: null as number | null }
  return (record, nowMs) => {
    if (record.length > 2) return `has ${record.length} columns; a code, and when it expires, are all that it may have`
    const [code = '', expiresAt = ''] = record
    if (code === '') return 'has no code'
    if (code.length > CODE_CHARACTERS_MAX) return `the code has more than ${CODE_CHARACTERS_MAX} characters`
    if (CONTROL.test(code)) return 'the code holds a control character'
    // What the decoder puts in the place of bytes that are not UTF-8.
    if (code.includes('\ufffd')) return 'the code is not UTF-8'
    if (expiresAt === '') return { code, expiresAtMs: null }
    if (known.text !== expiresAt) known = { text: expiresAt, ms: momentOf(expiresAt) }
    const expiresAtMs = known.ms
    if (expiresAtMs === null) return 'expiresAt must be ISO 8601 with a time and an offset, as 2026-11-11T00:00:00Z, or empty'
    if (expiresAtMs <= nowMs) return 'expiresAt has passed'
    if (expiresAtMs >= EXPIRES_MS_MAX) return 'expiresAt must be before the year 2200'
    return { code, expiresAtMs }
  }
}

/** Milliseconds of an ISO 8601 moment with an offset and a day that the calendar has. */
function momentOf(text: string): number | null {
  const match = ISO_8601.exec(text)
  if (match === null) return null
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number]
  const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate()
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth || hour > 23 || minute > 59 || second > 59) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : ms
}
