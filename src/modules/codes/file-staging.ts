import type { Readable } from 'node:stream'
import type { SqlClient } from '../../platform/prisma/sql.service.js'
import { type StagedRows, stage } from './code-import.store.js'
import { type FileLimits, readCodeFile, type RowError } from './domain/code-file.js'
import type { CodeRow } from './domain/code-row.js'
import { BLOCK_CODES, type CodeVault } from './domain/vault.js'

const BLOCKS_PER_STATEMENT = 16

/** One file on its way into the stage: sealed block by block, so that no plain code outlives its block. */
export class FileStaging {
  readonly #errors: RowError[] = []
  #batch = emptyBatch(0)
  #codes: string[] = []
  #rows = 0
  #errorCount = 0

  constructor(private readonly vault: CodeVault, private readonly importId: string, private readonly errorsMax: number) {}

  get rows(): number { return this.#rows }
  get errorCount(): number { return this.#errorCount }
  /** The first of them. */
  get errors(): readonly RowError[] { return this.#errors }

  /** Throws FileRefused, FileBroken, and what the database throws. */
  async read(sql: SqlClient, file: Readable, limits: FileLimits): Promise<void> {
    await readCodeFile(file, limits, Date.now(), {
      row: (row, line) => this.#row(sql, row, line),
      error: (error) => {
        this.#rows++
        this.#errorCount++
        if (this.#errors.length < this.errorsMax) this.#errors.push(error)
      },
    })
    if (this.#codes.length > 0) this.#seal()
    if (this.#batch.sealed.length > 0) await this.#write(sql)
  }

  #row(sql: SqlClient, { code, expiresAtMs }: CodeRow, line: number): Promise<void> | undefined {
    this.#rows++
    this.#batch.lines.push(line)
    this.#batch.fingerprints.push(this.vault.fingerprint(code))
    this.#batch.expiresAtMs.push(expiresAtMs)
    this.#codes.push(code)
    if (this.#codes.length === BLOCK_CODES) this.#seal()
    return this.#batch.sealed.length === BLOCKS_PER_STATEMENT ? this.#write(sql) : undefined
  }

  #seal(): void {
    const { firstBlock, sealed } = this.#batch
    sealed.push(this.vault.seal(this.importId, firstBlock + sealed.length, this.#codes))
    this.#codes = []
  }

  async #write(sql: SqlClient): Promise<void> {
    const batch = this.#batch
    this.#batch = emptyBatch(batch.firstBlock + batch.sealed.length)
    await stage(sql, batch)
  }
}

const emptyBatch = (firstBlock: number): StagedRows => ({ lines: [], fingerprints: [], expiresAtMs: [], firstBlock, sealed: [] })
