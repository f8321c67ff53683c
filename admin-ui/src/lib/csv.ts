/** Spreadsheets run a cell that begins so as a formula, as the server has it (src/common/csv.ts); behind one more apostrophe, they show it as text. */
const FORMULA = /^'*[=+\-@\t\r\n＝＋－＠]/
const PLAIN_NUMBER = /^-?\d+(?:\.\d+)?$/

function cell(value: string): string {
  const safe = FORMULA.test(value) && !PLAIN_NUMBER.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** RFC 4180 with a byte order mark, without which Excel takes Chinese for Latin-1. */
export const csvOf = (header: readonly string[], rows: ReadonlyArray<readonly string[]>): string =>
  `\uFEFF${[header, ...rows].map((row) => row.map(cell).join(',')).join('\r\n')}\r\n`

/**
 * The text of a file as spreadsheets write it: UTF-8; UTF-16 where its first bytes say so; else GB 18030, in which a Chinese Excel writes CSV
 * by itself. What is neither has U+FFFD for each part that is no character.
 */
export function decodeText(bytes: ArrayBuffer): string {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength))
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('gb18030').decode(bytes)
  }
}

export interface CsvRow {
  /** Where it begins in the file; the header is line 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/** The value before `csvOf` made it harmless. */
const meant = (text: string): string => (text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text)

const DELIMITERS = [',', ';', '\t'] as const

/** Spreadsheets of some countries write semicolons, and what is copied out of one has tabs: the header says which. */
function delimiterOf(source: string): string {
  const header = source.split(/[\r\n]/, 1)[0] ?? ''
  const uses = DELIMITERS.map((delimiter) => header.split(delimiter).length)
  return DELIMITERS[uses.indexOf(Math.max(...uses))] ?? ','
}

/**
 * What `csvOf` writes, and what spreadsheets do: quoted cells, any line ends, a byte order mark, blank lines left out.
 * `brokenAt`: the line from which on it is no CSV, as a quotation mark stands where none can.
 */
export function parseCsv(text: string): { rows: CsvRow[]; brokenAt: number | null } {
  const rows: CsvRow[] = []
  const source = text.replace(/^\uFEFF/, '')
  const delimiter = delimiterOf(source)
  const cell = new RegExp(`("(?:[^"]|"")*"|[^"${delimiter}\\r\\n]*)(${delimiter}|\\r\\n|\\r|\\n|$)`, 'y')
  let line = 1
  let from = 1
  let cells: string[] = []
  for (let at = 0; at < source.length || cells.length > 0;) {
    cell.lastIndex = at
    const found = cell.exec(source)
    if (found === null) return { rows, brokenAt: line }
    const [whole, raw = '', end = ''] = found
    cells.push(meant(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw.trim()))
    at += whole.length
    line += whole.match(/\r\n|\r|\n/g)?.length ?? 0
    if (end === delimiter) continue
    if (cells.some((each) => each !== '')) rows.push({ line: from, cells })
    cells = []
    from = line
    if (end === '') break
  }
  return { rows, brokenAt: null }
}
