import { Injectable } from '@nestjs/common'
import { Readable } from 'node:stream'
import { canonicalJson } from '../../common/canonical-json.js'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { csvLine } from '../../common/csv.js'
import { isUuid } from '../../common/ids.js'
import { PrismaService } from '../../platform/prisma/prisma.service.js'
import { AuditLogService } from './audit-log.service.js'
import { AuditMetrics } from './audit-metrics.js'
import { AuditReadService, checkFilter } from './audit-read.service.js'
import type { AuditExportFormat, AuditFilter } from './audit.types.js'
import { type ChainedEntry, jsonOfEntry } from './domain/audit-chain.js'

/** From the first line to the last. */
const EXPORT_MS_MAX = 300_000
const EXPORTS_AT_ONCE_MAX = 2

const COLUMNS = [
  'seq', 'at', 'actorKind', 'actorId', 'action', 'subjectKind', 'subjectId', 'campaignId', 'before', 'after', 'reason', 'requestId', 'ip',
  'tenantId', 'previousHash', 'hash',
] as const satisfies ReadonlyArray<keyof ChainedEntry>

function text(value: ChainedEntry[keyof ChainedEntry]): string | null {
  if (value === null || typeof value === 'string') return value
  return value instanceof Date ? value.toISOString() : canonicalJson(value)
}

const FORMATS: Readonly<Record<AuditExportFormat, { header: string; line: (entry: ChainedEntry) => string }>> = {
  CSV: { header: csvLine(COLUMNS), line: (entry) => csvLine(COLUMNS.map((name) => text(entry[name]))) },
  JSONL: { header: '', line: (entry) => `${jsonOfEntry(entry)}\n` },
}

/** The log as a file, oldest entries first. Only whole logs can be followed from their beginning; each line's own hash can be computed again. */
@Injectable()
export class AuditExportService {
  #running = 0

  constructor(
    private readonly prisma: PrismaService,
    private readonly log: AuditLogService,
    private readonly reads: AuditReadService,
    private readonly metrics: AuditMetrics,
  ) {}

  /**
   * The export is in the log before its first line is read, and is itself the last entry of one without a filter. The stream fails where it
   * does not come to its end. Throws BAD_USER_INPUT, and OVERLOADED where this process is at others.
   */
  async begin(ctx: Context, format: AuditExportFormat, filter: AuditFilter): Promise<Readable> {
    checkFilter(filter)
    if (this.#running >= EXPORTS_AT_ONCE_MAX) throw new AppError('OVERLOADED', 'This process is at other exports', { retryAfterMs: 10_000 })
    this.#running++
    try {
      return await this.#begin(ctx, format, filter)
    } catch (error) {
      this.#running--
      throw error
    }
  }

  async #begin(ctx: Context, format: AuditExportFormat, filter: AuditFilter): Promise<Readable> {
    const { tenantId } = ctx
    const wanted = Object.fromEntries(Object.entries(filter).filter(([, value]) => value != null))
    const after = { format, ...(Object.keys(wanted).length === 0 ? {} : { filter: wanted }) }
    await this.prisma.tenant(tenantId, (tx) =>
      this.log.record(tx, ctx, { action: 'audit-log.exported', subjectKind: 'tenant', subjectId: tenantId, after }))
    const { seq } = await this.reads.head(ctx)
    // No campaign has such an id.
    const unknown = filter.campaignId != null && !isUuid(filter.campaignId)
    const entries = this.reads.entries(tenantId, unknown ? {} : filter, unknown ? 0 : seq)
    const stream = Readable.from(lines(format, entries), { objectMode: false })
    const late = setTimeout(() => stream.destroy(new Error(`An export may take ${EXPORT_MS_MAX / 1_000} s`)), EXPORT_MS_MAX)
    stream.once('close', () => {
      clearTimeout(late)
      this.#running--
    })
    this.metrics.exports.inc({ format })
    return stream
  }
}

async function* lines(format: AuditExportFormat, entries: AsyncIterable<ChainedEntry>): AsyncGenerator<string> {
  const { header, line } = FORMATS[format]
  if (header !== '') yield header
  for await (const entry of entries) yield line(entry)
}
