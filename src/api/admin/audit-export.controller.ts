import { Controller, Get, Header, Req, StreamableFile } from '@nestjs/common'
import type { FastifyRequest } from 'fastify'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import { AuditExportService } from '../../modules/tenancy/audit-export.service.js'
import type { AuditExportFormat, AuditFilter } from '../../modules/tenancy/audit.types.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { DateTimeScalar } from '../graphql/date-time.scalar.js'

const FORMATS: Readonly<Record<string, { format: AuditExportFormat; type: string }>> = {
  csv: { format: 'CSV', type: 'text/csv; charset=utf-8; header=present' },
  jsonl: { format: 'JSONL', type: 'application/jsonl; charset=utf-8' },
}
const TEXTS = ['actorId', 'action', 'subjectKind', 'subjectId', 'campaignId'] as const
const TIMES = ['from', 'to'] as const
const NAMES: readonly string[] = ['format', ...TEXTS, ...TIMES]

/** `GET /admin/audit/export?format=csv|jsonl`, with the fields of schema/admin.graphql's AuditFilter: the log as a file, oldest entries first. */
@Controller('admin/audit')
export class AuditExportController {
  constructor(private readonly exports: AuditExportService) {}

  @Get('export')
  @Header('cache-control', 'no-store')
  @Roles(...may.exportAuditLog)
  async export(@Ctx() ctx: Context, @Req() request: FastifyRequest): Promise<StreamableFile> {
    const { format, type, filter } = requestOf(request.query as Record<string, unknown>)
    const name = `audit-${new Date().toISOString().slice(0, 10)}.${format.toLowerCase()}`
    return new StreamableFile(await this.exports.begin(ctx, format, filter), { type, disposition: `attachment; filename="${name}"` })
  }
}

function requestOf(query: Record<string, unknown>): { format: AuditExportFormat; type: string; filter: AuditFilter } {
  const unknown = Object.keys(query).find((name) => !NAMES.includes(name))
  if (unknown !== undefined) throw badInput(unknown, `is no parameter of an export: ${NAMES.join(', ')} are`)
  const once = (name: string): string | null => {
    const value = query[name]
    if (value !== undefined && typeof value !== 'string') throw badInput(name, 'must be given once')
    return value ?? null
  }
  const time = (name: string): Date | null => {
    const value = once(name)
    if (value === null) return null
    try {
      return DateTimeScalar.parseValue(value)
    } catch (error) {
      throw badInput(name, error instanceof Error ? error.message : 'must be a time')
    }
  }
  const wanted = FORMATS[once('format') ?? 'csv']
  if (wanted === undefined) throw badInput('format', 'must be csv or jsonl')
  const filter = Object.fromEntries([...TEXTS.map((name) => [name, once(name)]), ...TIMES.map((name) => [name, time(name)])]) as AuditFilter
  return { ...wanted, filter }
}
