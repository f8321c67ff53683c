import { parseArgs } from 'node:util'
import type { AuditExportFormat } from '../../modules/tenancy/audit.types.js'
import type { ChainPlace } from '../../modules/tenancy/domain/audit-chain.js'

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {}

/** A place in a tenant's audit log that somebody has noted. `tenant`: its slug, or its id. */
export interface Anchor extends ChainPlace {
  readonly tenant: string
}

export interface AuditOptions {
  readonly campaign: string | undefined
  readonly tenant: string | undefined
  readonly strict: boolean
  readonly anchors: readonly Anchor[]
  readonly export: { readonly file: string; readonly format: AuditExportFormat } | undefined
  /** An exported log that is to be followed. */
  readonly file: string | undefined
}

const SWITCHES = {
  campaign: { type: 'string' },
  tenant: { type: 'string' },
  strict: { type: 'boolean' },
  anchor: { type: 'string', multiple: true },
  export: { type: 'string' },
  file: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

export const HELP = `Checks the books, every published campaign of every tenant against its invariants, and the audit logs: that
each tenant's entries are a whole chain (docs/operations.md).

  npm run audit [-- --tenant SLUG] [-- --strict] [-- --anchor SLUG:NUMBER:HASH]
  npm run audit -- --campaign ID [--strict]
  npm run audit -- --export FILE.jsonl --tenant SLUG
  npm run audit -- --file FILE.jsonl [--anchor TENANT-ID:NUMBER:HASH]

  --strict    consumers must have had every change by now, not just those older than a minute
  --tenant    that tenant's campaigns and log alone
  --campaign  that campaign's books alone, and no log
  --anchor    the log must go through this place, which was noted before (several: one --anchor each)
  --export    writes the log to a new file, CSV where its name ends in .csv, else JSON lines; the log says so
  --file      follows a whole log that was exported as JSON lines, and needs no server
  Exit code: 0 balanced and whole, 1 violations or a failure, 2 a wrong command line. Beside a running npm start it finds
  that server's Postgres and Redis under DATA_DIR; else set DATABASE_URL, REDIS_URL and SECRET_KEY.`

function anchorOf(text: string): Anchor {
  const [, tenant, seq, hash] = /^([a-z0-9-]{1,64}):([1-9]\d{0,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (tenant === undefined) throw new UsageError(`--anchor: must be <tenant>:<number>:<hash>, as this command prints it`)
  return { tenant, seq: Number(seq), hash: hash! }
}

/** Null: help is wanted. Throws UsageError. */
export function auditOptions(args: string[]): AuditOptions | null {
  const { help, strict, anchor, file, ...given } = parsed(args)
  if (help === true) return null
  const options = {
    campaign: given.campaign, tenant: given.tenant, strict: strict === true, anchors: (anchor ?? []).map(anchorOf), file,
    export: given.export === undefined ? undefined
      : { file: given.export, format: given.export.endsWith('.csv') ? 'CSV' as const : 'JSONL' as const },
  }
  const refuse = (name: string, ...others: Array<keyof typeof SWITCHES>) => {
    const other = others.find((one) => ({ ...given, strict, anchor, file })[one as 'strict'] !== undefined)
    if (other !== undefined) throw new UsageError(`--${name} and --${other}: one or the other`)
  }
  if (file !== undefined) refuse('file', 'campaign', 'tenant', 'strict', 'export')
  if (options.export !== undefined) {
    refuse('export', 'campaign', 'strict', 'anchor')
    if (given.tenant === undefined) throw new UsageError('--export: whose log? This needs --tenant')
  }
  if (given.campaign !== undefined) refuse('campaign', 'tenant', 'anchor')
  return options
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, options: SWITCHES }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'unknown option')
  }
}
