import { createReadStream, createWriteStream } from 'node:fs'
import { unlink } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { pipeline } from 'node:stream/promises'
import type { INestApplicationContext } from '@nestjs/common'
import { systemContext } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { AuditExportService } from '../../modules/tenancy/audit-export.service.js'
import { AuditReadService } from '../../modules/tenancy/audit-read.service.js'
import type { CheckedChain, TenantChain } from '../../modules/tenancy/audit.types.js'
import { type ChainBreak, type ChainedEntry, entryOfJson, verifyChain } from '../../modules/tenancy/domain/audit-chain.js'
import { type Anchor, type AuditOptions, UsageError } from './options.js'
import { table } from './table.js'

const isOf = ({ tenantId, tenantSlug }: TenantChain) => ({ tenant }: Anchor) => tenant === tenantSlug || tenant === tenantId
const sayBreak = ({ seq, fault, message }: ChainBreak) => `${fault}: entry ${seq} ${message}`

/** Prints whether each tenant's log is whole, with its head to be noted elsewhere. Returns whether all are. */
export async function checkLogs(app: INestApplicationContext, { tenant, anchors }: AuditOptions): Promise<boolean> {
  const reads = app.get(AuditReadService, { strict: false })
  const chains = (await reads.chains()).filter(({ tenantSlug }) => (tenant ?? tenantSlug) === tenantSlug)
  if (tenant !== undefined && chains.length === 0) throw new UsageError(`--tenant: there is no tenant ${tenant}`)
  const stray = anchors.find((anchor) => !chains.some((chain) => isOf(chain)(anchor)))
  if (stray !== undefined) throw new UsageError(`--anchor: there is no tenant ${stray.tenant}`)
  if (chains.length === 0) return true
  const checked: CheckedChain[] = []
  for (const chain of chains) checked.push(await reads.check(chain, anchors.filter(isOf(chain))))
  const rows = checked.map(({ tenantSlug, entries, head, broken }) =>
    [tenantSlug, String(entries), broken === null ? 'whole' : 'broken', head === null ? '' : `${tenantSlug}:${head.seq}:${head.hash}`])
  console.log(`\n${table(['AUDIT LOG', 'ENTRIES', 'CHAIN', 'HEAD'], rows, [1])}`)
  for (const { tenantSlug, broken } of checked) if (broken !== null) console.log(`\n${tenantSlug}\n  ${sayBreak(broken)}`)
  return checked.every(({ broken }) => broken === null)
}

/** Writes a tenant's log to a new file. Throws AppError; nothing of it stays then. */
export async function exportLog(app: INestApplicationContext, slug: string, { file, format }: NonNullable<AuditOptions['export']>): Promise<void> {
  const reads = app.get(AuditReadService, { strict: false })
  const chain = (await reads.chains()).find(({ tenantSlug }) => tenantSlug === slug)
  if (chain === undefined) throw new UsageError(`--tenant: there is no tenant ${slug}`)
  // What is there may be an earlier export, which nobody wants to lose.
  const target = createWriteStream(file, { flags: 'wx', mode: 0o600 })
  await new Promise<void>((resolve, reject) => { target.once('open', () => { resolve() }).once('error', reject) })
    .catch((error: unknown) => { throw new AppError('CONFLICT', `--export: ${error instanceof Error ? error.message : 'the file cannot be written'}`) })
  try {
    await pipeline(await app.get(AuditExportService, { strict: false }).begin(systemContext(chain.tenantId, 'command line'), format, {}), target)
  } catch (error) {
    target.destroy()
    await unlink(file)
    throw error
  }
  console.log(`The audit log of ${slug} is in ${file}.`)
}

/** Follows an exported log. Returns whether it is whole. */
export async function checkFile({ file, anchors }: AuditOptions & { readonly file: string }): Promise<boolean> {
  let tenantId: string | undefined
  async function* entries(): AsyncGenerator<ChainedEntry> {
    const input = createReadStream(file, 'utf8')
    for await (const line of createInterface({ input, crlfDelay: Infinity })) {
      const entry = entryOfJson(line)
      if (entry === null || (tenantId ??= entry.tenantId) !== entry.tenantId) throw new AppError('BAD_USER_INPUT', `--file: is not one tenant's log as JSON lines: ${line.slice(0, 80)}`)
      yield entry
    }
  }
  const report = await verifyChain(entries(), anchors).catch((error: unknown) => {
    if (error instanceof Error && 'syscall' in error) throw new AppError('BAD_USER_INPUT', `--file: ${error.message}`)
    throw error
  })
  const other = anchors.find(({ tenant }) => tenantId !== undefined && tenant !== tenantId)
  if (other !== undefined) throw new UsageError(`--anchor: the log is of tenant ${tenantId}, and not of ${other.tenant}`)
  console.log(report.broken === null ? `${report.entries} entries, whole: ${tenantId ?? 'nobody'}:${report.last.seq}:${report.last.hash}` : sayBreak(report.broken))
  return report.broken === null
}
