import { open, readFile, type FileHandle } from 'node:fs/promises'

/** What a caller was told for good. */
export type Told =
  | { readonly kind: 'DRAWN'; readonly id: string; readonly outcome: 'WON' | 'LOST'; readonly prizeId: string | null }
  | { readonly kind: 'REJECTED'; readonly code: string }

export interface Asked {
  readonly key: string
  readonly campaignId: string
  readonly userId: string
}

type Line =
  | { readonly asked: Asked }
  | { readonly key: string; readonly told: Told; readonly replayed: boolean; readonly atMs: number }
  | { readonly key: string; readonly unknown: string }

export interface LedgerEntry extends Asked {
  /** The first answer; undefined where none came. */
  told: Told | undefined
  /** When that came, by Date.now(). */
  toldAtMs: number
  /** The newest answer. */
  last: Told | undefined
  /** Attempts after which the caller did not know what had become of the draw, by their reasons. */
  readonly unknown: string[]
  /** Answers that came after the first. */
  repeats: number
  /** What a later answer said that the first did not. */
  readonly differences: string[]
}

/**
 * A caller's own books: a key is on disk before it is sent, an answer after it came, so that they prove what the product
 * acknowledged. Those that wait at the same time share one flush.
 */
export class DrawLedger {
  #lines: string[] = []
  #next: Promise<void> | undefined
  #last: Promise<void> = Promise.resolve()

  private constructor(readonly path: string, private readonly file: FileHandle) {}

  static async create(path: string): Promise<DrawLedger> {
    return new DrawLedger(path, await open(path, 'ax'))
  }

  asked(asked: Asked): Promise<void> {
    return this.#write({ asked })
  }

  told(key: string, told: Told, replayed: boolean): Promise<void> {
    return this.#write({ key, told, replayed, atMs: Date.now() })
  }

  unknown(key: string, reason: string): Promise<void> {
    return this.#write({ key, unknown: reason })
  }

  /** Reads the file back, by keys. */
  async read(): Promise<Map<string, LedgerEntry>> {
    await this.#last
    const entries = new Map<string, LedgerEntry>()
    for (const text of (await readFile(this.path, 'utf8')).split('\n')) {
      if (text === '') continue
      const line = JSON.parse(text) as Line
      if ('asked' in line) {
        const { asked } = line
        if (entries.has(asked.key)) throw new Error(`The key ${asked.key} was used for two draws`)
        entries.set(asked.key, { ...asked, told: undefined, toldAtMs: 0, last: undefined, unknown: [], repeats: 0, differences: [] })
        continue
      }
      const entry = entries.get(line.key)
      if (entry === undefined) throw new Error(`The key ${line.key} was answered and never asked`)
      if ('unknown' in line) entry.unknown.push(line.unknown)
      else note(entry, line)
    }
    return entries
  }

  async close(): Promise<void> {
    await this.#last
    await this.file.close()
  }

  #write(line: Line): Promise<void> {
    this.#lines.push(`${JSON.stringify(line)}\n`)
    if (this.#next === undefined) {
      this.#next = this.#last.then(async () => {
        this.#next = undefined
        const text = this.#lines.join('')
        this.#lines = []
        await this.file.appendFile(text)
        await this.file.datasync()
      })
      this.#last = this.#next
    }
    return this.#next
  }
}

function note(entry: LedgerEntry, { told, replayed, atMs }: Extract<Line, { told: Told }>): void {
  const first = entry.told
  entry.last = told
  if (first === undefined) {
    entry.told = told
    entry.toldAtMs = atMs
    return
  }
  entry.repeats++
  if (describeTold(first) !== describeTold(told)) entry.differences.push(describeTold(told))
  // A draw that was told once and then made anew is a second decision, even where it ends the same.
  else if (told.kind === 'DRAWN' && !replayed) entry.differences.push('the same, made anew')
}

function describeTold(told: Told): string {
  return told.kind === 'REJECTED' ? told.code : `${told.id} ${told.outcome} ${told.prizeId ?? 'nothing'}`
}
