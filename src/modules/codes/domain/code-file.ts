import { type Readable, Transform, type TransformCallback } from 'node:stream'
import { parse } from 'csv-parse'
import { type CodeRow, headerProblem, rowReader } from './code-row.js'

const RECORD_CHARACTERS_MAX = 1_024

export interface FileLimits {
  readonly bytesMax: number
  readonly rowsMax: number
}

export interface RowError {
  /** Of the file, the header's being 1. */
  readonly line: number
  /** Never with the code in it. */
  readonly message: string
}

export interface FileReader {
  /** Where it returns a promise, the next row waits for it. */
  row(row: CodeRow, line: number): Promise<void> | undefined
  error(error: RowError): void
}

/** A file that cannot be an import as a whole. */
export class FileRefused extends Error {}

/** A file that ended before it was whole. */
export class FileBroken extends Error {
  constructor(message = 'The upload ended before the file did', options?: ErrorOptions) {
    super(message, options)
  }
}

interface Read { readonly record: string[]; readonly info: { readonly lines: number } }

/**
 * Reads a CSV file (RFC 4180, UTF-8, with a header): its rows, and what is wrong with the others, in their order. Where
 * the CSV itself breaks off, the last error says so. Throws FileRefused above the limits, and FileBroken.
 */
export async function readCodeFile(source: Readable, { bytesMax, rowsMax }: FileLimits, nowMs: number, reader: FileReader): Promise<void> {
  let brokenAt = Infinity
  const parser = parse({
    bom: true, info: true, trim: true, relax_column_count: true, skip_empty_lines: true, max_record_size: RECORD_CHARACTERS_MAX,
    // Failing, the parser would take along what it has read and not yet handed out.
    skip_records_with_error: true,
    on_skip: (error) => {
      if (error === undefined || brokenAt < Infinity) return
      const line = Number(error.lines ?? 0)
      const rest = goesOn(error.code) ? '' : '; nothing after it was read'
      if (rest !== '') brokenAt = line
      reader.error({ line, message: `${csvProblem(error.code)}${rest}` })
    },
  })
  const limit = new ByteLimit(bytesMax)
  const fail = (error: Error) => { parser.destroy(error) }
  const closed = () => { if (!source.readableEnded) fail(new FileBroken()) }
  source.once('error', (error) => { fail(error instanceof FileBroken ? error : new FileBroken(undefined, { cause: error })) }).once('close', closed)
  limit.once('error', fail)
  source.pipe(limit).pipe(parser)
  const read = rowReader()
  let rows = -1
  try {
    for await (const { record, info } of parser as AsyncIterable<Read>) {
      if (info.lines >= brokenAt) return
      if (++rows === 0) {
        const problem = headerProblem(record)
        if (problem === null) continue
        return reader.error({ line: info.lines, message: problem })
      }
      if (rows > rowsMax) throw new FileRefused(`The file has more than ${rowsMax} rows: import it in parts`)
      const row = read(record, nowMs)
      const writing = typeof row === 'string' ? reader.error({ line: info.lines, message: row }) : reader.row(row, info.lines)
      if (writing !== undefined) await writing
    }
    if (rows < 1 && brokenAt === Infinity) throw new FileRefused(rows === 0 ? 'The file has no codes' : 'The file is empty')
  } finally {
    // The source is not ended but read to nowhere: it may be a request that is to be answered yet.
    source.off('close', closed)
    source.unpipe(limit)
    source.resume()
    limit.destroy()
    parser.destroy()
  }
}

/** Whether the parser knows after this error where the next row begins. */
const goesOn = (code: string): boolean => code === 'INVALID_OPENING_QUOTE'

function csvProblem(code: string): string {
  switch (code) {
    case 'CSV_MAX_RECORD_SIZE': return `a row has more than ${RECORD_CHARACTERS_MAX} characters, or a quote was not closed`
    case 'CSV_QUOTE_NOT_CLOSED': return 'a quote was not closed'
    case 'INVALID_OPENING_QUOTE': return 'a quote in a value that is not quoted: quote the value, and double the quote'
    default: return 'is not CSV: quotes must enclose a whole value, and be doubled within it'
  }
}

class ByteLimit extends Transform {
  #bytes = 0

  constructor(private readonly bytesMax: number) {
    super()
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#bytes += chunk.length
    if (this.#bytes > this.bytesMax) done(new FileRefused(`The file has more than ${this.bytesMax} bytes: import it in parts`))
    else done(null, chunk)
  }
}
