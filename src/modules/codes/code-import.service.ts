import { Inject, Injectable } from '@nestjs/common'
import type { Readable } from 'node:stream'
import type { Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'
import { isUuid, newId } from '../../common/ids.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { isDatabaseUnavailable } from '../../platform/prisma/database-errors.js'
import { type SqlClient, SqlService } from '../../platform/prisma/sql.service.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { AuditLogService } from '../tenancy/audit-log.service.js'
import { endImport, failSilent, findDuplicates, findImport, type ImportEnd, insertImport, listImports, moveToPool, noteProgress, openStage } from './code-import.store.js'
import { CodeMetrics } from './code-metrics.js'
import { CodePoolService, couponPrize } from './code-pool.service.js'
import { SILENT_SECONDS } from './code-sweep.service.js'
import type { CodeImport, ImportRequest } from './codes.types.js'
import { FileBroken, FileRefused } from './domain/code-file.js'
import { codeVault } from './domain/vault.js'
import { FileStaging } from './file-staging.js'

/** Bounds of one file. */
export const IMPORT_BYTES_MAX = 256 * 1024 * 1024
const IMPORT_ROWS_MAX = 2_000_000
/** From the first byte to the answer. */
export const IMPORT_MS_MAX = 300_000
const IMPORTS_AT_ONCE_MAX = 2
const PROGRESS_MS = 1_000
const LOGGED_EVERY = 5
const ERRORS_KEPT_MAX = 100
const LISTED_MAX = 100

/** Ends the transaction that a file was staged in, with what is to be remembered of it. */
class Ended extends Error {
  constructor(readonly end: ImportEnd) {
    super(end.message ?? end.state)
  }
}

/** Files of codes: all of one becomes the prize's, or nothing. */
@Injectable()
export class CodeImportService {
  #running = 0

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly sql: SqlService,
    private readonly audit: AuditLogService,
    private readonly pools: CodePoolService,
    private readonly metrics: CodeMetrics,
    private readonly logger: Logger,
  ) {}

  /**
   * Reads a CSV file to its end: REFUSED with what is wrong in it, FAILED where it ended too early, else DONE. A dry run
   * is told the same and changes nothing of the pool. Throws NOT_FOUND, BAD_USER_INPUT, CONFLICT (the tenant has one that
   * runs, or the id was used) and OVERLOADED; where the answer is lost, `find` tells.
   */
  async run(ctx: Context, request: ImportRequest, file: Readable): Promise<CodeImport> {
    if (request.id !== null && !isUuid(request.id)) throw badInput('id', 'must be a UUID in small letters')
    if (this.#running >= IMPORTS_AT_ONCE_MAX) throw new AppError('OVERLOADED', 'This process is importing other files', { retryAfterMs: 10_000 })
    this.#running++
    try {
      return await this.#run(ctx, request.id ?? newId(), request, file)
    } finally {
      this.#running--
    }
  }

  /** Null for what does not exist, or is another tenant's. */
  find({ tenantId }: Context, id: string): Promise<CodeImport | null> {
    return isUuid(id) ? this.sql.tenant(tenantId, (sql) => findImport(sql, tenantId, id), { readOnly: true }) : Promise.resolve(null)
  }

  /** Newest first. Throws NOT_FOUND, and BAD_USER_INPUT. */
  async list({ tenantId }: Context, prizeId: string, first: number): Promise<CodeImport[]> {
    if (!Number.isInteger(first) || first < 1 || first > LISTED_MAX) throw badInput('first', `must be from 1 to ${LISTED_MAX}`)
    return this.sql.tenant(tenantId, async (sql) => {
      await couponPrize(sql, tenantId, prizeId)
      return listImports(sql, tenantId, prizeId, first)
    }, { readOnly: true })
  }

  async #run(ctx: Context, id: string, { prizeId, dryRun }: ImportRequest, file: Readable): Promise<CodeImport> {
    const { tenantId, caller } = ctx
    const campaignId = await this.#begin(ctx, id, prizeId, dryRun, caller.kind === 'operator' ? caller.operatorId : null)
    const staging = new FileStaging(codeVault(this.config.secretKey, tenantId, prizeId), id, ERRORS_KEPT_MAX)
    const stopTelling = this.#tell(ctx, id, prizeId, staging)
    const late = setTimeout(() => file.destroy(new FileBroken(`The file had not come within ${IMPORT_MS_MAX / 1_000} s`)), IMPORT_MS_MAX)
    const importing = (sql: SqlClient) => this.#import(sql, ctx, { id, campaignId, prizeId, dryRun }, file, staging)
    const end = await this.sql.tenant(tenantId, importing, { statementTimeoutMs: IMPORT_MS_MAX })
      .catch((error: unknown) => this.#ending(error, staging))
      .finally(() => { clearTimeout(late); stopTelling() })
    // DONE is written already, with the codes themselves.
    if (end.state !== 'DONE' || dryRun) await this.sql.tenant(tenantId, (sql) => endImport(sql, tenantId, id, end))
    this.metrics.imports.inc({ state: end.state })
    this.metrics.importedCodes.inc(end.imported)
    this.logger.info({ campaignId, prizeId, importId: id, dryRun, state: end.state, rows: end.rows, imported: end.imported, errors: end.errorCount }, 'An import of codes has ended')
    const ended = await this.find(ctx, id)
    if (ended === null) throw new Error(`Import ${id} is nowhere`)
    return ended
  }

  async #begin({ tenantId }: Context, id: string, prizeId: string, dryRun: boolean, operatorId: string | null): Promise<string> {
    return this.sql.tenant(tenantId, async (sql) => {
      const { campaignId } = await couponPrize(sql, tenantId, prizeId)
      await failSilent(sql, tenantId, SILENT_SECONDS)
      const running = await sql.query(`SELECT FROM code_import WHERE tenant_id = $1 AND state = 'RUNNING'`, [tenantId])
      if (running.rowCount > 0) throw new AppError('CONFLICT', 'Another import of yours is running: wait for its end', { reason: 'IMPORT_RUNNING' })
      if ((await findImport(sql, tenantId, id)) !== null) throw new AppError('CONFLICT', 'This id was used for another import', { field: 'id', reason: 'KEY_USED' })
      await insertImport(sql, { tenantId, id, campaignId, prizeId, operatorId, dryRun })
      return campaignId
    }).catch((error: unknown) => {
      if (isUniqueViolation(error)) throw new AppError('CONFLICT', 'Another import of yours is running: wait for its end', { reason: 'IMPORT_RUNNING' })
      throw error
    })
  }

  /** Throws Ended for everything that must leave nothing behind. */
  async #import(
    sql: SqlClient, ctx: Context, { id, campaignId, prizeId, dryRun }: { id: string; campaignId: string; prizeId: string; dryRun: boolean },
    file: Readable, staging: FileStaging,
  ): Promise<ImportEnd> {
    const { tenantId } = ctx
    await openStage(sql)
    await staging.read(sql, file, { bytesMax: IMPORT_BYTES_MAX, rowsMax: IMPORT_ROWS_MAX })
    const doubles = await findDuplicates(sql, tenantId, prizeId, ERRORS_KEPT_MAX)
    const errorCount = staging.errorCount + doubles.count
    const errors = [...staging.errors, ...doubles.errors].sort((a, b) => a.line - b.line).slice(0, ERRORS_KEPT_MAX)
    if (errorCount > 0) {
      const message = `${errorCount} of ${staging.rows} rows cannot be imported: nothing was`
      throw new Ended({ state: 'REFUSED', rows: staging.rows, imported: 0, errorCount, errors, message })
    }
    const done: ImportEnd = { state: 'DONE', rows: staging.rows, imported: dryRun ? 0 : staging.rows, errorCount: 0, errors: [], message: null }
    if (dryRun) throw new Ended(done)
    // By itself, and short: it holds the campaign's lock, which awards need.
    await this.sql.tenant(tenantId, (other) => this.pools.ensure(other, ctx, campaignId, prizeId))
    const imported = await moveToPool(sql, tenantId, prizeId, id)
    // Whoever took this process for dead has told so; then it is.
    if (!(await endImport(sql, tenantId, id, done))) throw new Error('The import was given up meanwhile')
    await this.audit.recordSql(sql, ctx, { action: 'code-pool.imported', subjectKind: 'prize', subjectId: prizeId, campaignId, after: { importId: id, codes: imported } })
    return done
  }

  #ending(error: unknown, { rows, errorCount, errors }: FileStaging): ImportEnd {
    if (error instanceof Ended) return error.end
    const nothing = { rows, imported: 0, errorCount, errors }
    if (error instanceof FileRefused) return { ...nothing, state: 'REFUSED', message: error.message }
    const message = reasonOf(error)
    if (message === null) this.logger.error({ err: error }, 'An import of codes failed unexpectedly')
    return { ...nothing, state: 'FAILED', message: message ?? 'Something went wrong here: send the file again' }
  }

  /** Every second into the row that operators watch, now and then into the log. Returns what stops it. */
  #tell({ tenantId }: Context, id: string, prizeId: string, staging: FileStaging): () => void {
    let told = 0
    const timer = setInterval(() => {
      const { rows, errorCount } = staging
      if (++told % LOGGED_EVERY === 0) this.logger.info({ importId: id, prizeId, rows, errors: errorCount }, 'Importing codes')
      this.sql.tenant(tenantId, (sql) => noteProgress(sql, tenantId, id, rows, errorCount))
        .catch((error: unknown) => { this.logger.debug({ err: error, importId: id }, 'The progress of an import could not be noted') })
    }, PROGRESS_MS)
    return () => clearInterval(timer)
  }
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined)
const isUniqueViolation = (error: unknown) => codeOf(error) === '23505'

/** What the operator can be told; null: this should not happen. */
function reasonOf(error: unknown): string | null {
  if (error instanceof FileBroken) return error.message
  if (isUniqueViolation(error)) return 'Another import brought the same codes at the same time'
  if (isDatabaseUnavailable(error)) return 'The database was not available: send the file again'
  return null
}
