import type { SqlClient } from '../../platform/prisma/sql.service.js'
import type { CodeImport } from './codes.types.js'
import type { RowError } from './domain/code-file.js'
import { BLOCK_CODES, FINGERPRINT_BYTES } from './domain/vault.js'

/** Rows of one file that follow one another, column by column, from the first slot of a block on. */
export interface StagedRows {
  readonly lines: number[]
  /** 16 bytes each. */
  readonly fingerprints: Buffer[]
  readonly expiresAtMs: Array<number | null>
  readonly firstBlock: number
  /** Sealed; `firstBlock` and those after it. */
  readonly sealed: Buffer[]
}

/** Where a file waits until all of it is known to be good: the transaction's own tables, which vanish with it. */
export async function openStage(sql: SqlClient): Promise<void> {
  await sql.query('CREATE TEMPORARY TABLE code_upload (line integer, block integer, slot smallint, fingerprint bytea, expires_at timestamptz(3)) ON COMMIT DROP')
  await sql.query('CREATE TEMPORARY TABLE code_upload_block (no integer, sealed bytea) ON COMMIT DROP')
}

// The driver writes the elements of an array one by one: for a million rows, plain numbers and one long value are worth it.
const STAGE = `
INSERT INTO code_upload
SELECT r.line, $4::integer + (r.n - 1)::integer / ${BLOCK_CODES}, (r.n - 1) % ${BLOCK_CODES}, substring($2::bytea FROM ((r.n - 1) * ${FINGERPRINT_BYTES} + 1)::integer FOR ${FINGERPRINT_BYTES}),
  to_timestamp(r.expires_ms / 1000.0)
FROM unnest($1::integer[], $3::bigint[]) WITH ORDINALITY AS r(line, expires_ms, n)`

export async function stage(sql: SqlClient, { lines, fingerprints, expiresAtMs, firstBlock, sealed }: StagedRows): Promise<void> {
  const expiries = expiresAtMs.map((ms) => ms ?? 'NULL')
  await sql.query(STAGE, [`{${lines.join(',')}}`, Buffer.concat(fingerprints), `{${expiries.join(',')}}`, firstBlock])
  await sql.query('INSERT INTO code_upload_block SELECT $1 + b.n - 1, b.sealed FROM unnest($2::bytea[]) WITH ORDINALITY AS b(sealed, n)', [firstBlock, sealed])
}

/** Codes that the file has twice, or the pool already: how many rows, and the first `max` of them. */
export async function findDuplicates(
  sql: SqlClient, tenantId: string, prizeId: string, max: number,
): Promise<{ count: number; errors: RowError[] }> {
  await sql.query(`SET LOCAL work_mem = '64MB'`)
  await sql.query('ANALYZE code_upload')
  const { rows } = await sql.query<{ line: number; first: number; pooled: boolean; count: string }>(
    `SELECT line, first, pooled, count(*) OVER () AS count FROM (
       SELECT u.line, min(u.line) OVER (PARTITION BY u.fingerprint) AS first, c.id IS NOT NULL AS pooled
       FROM code_upload u LEFT JOIN prize_code c ON c.tenant_id = $1 AND c.prize_id = $2 AND c.fingerprint = u.fingerprint
     ) u WHERE pooled OR line > first ORDER BY line LIMIT $3`,
    [tenantId, prizeId, max],
  )
  return {
    count: Number(rows[0]?.count ?? 0),
    errors: rows.map(({ line, first, pooled }) => ({ line, message: pooled ? 'the pool has this code already' : `the same code as in line ${first}` })),
  }
}

/** All of what was put aside becomes the pool's. Returns how many codes. */
export async function moveToPool(sql: SqlClient, tenantId: string, prizeId: string, importId: string): Promise<number> {
  await sql.query('INSERT INTO code_block (tenant_id, prize_id, import_id, no, sealed) SELECT $1, $2, $3, no, sealed FROM code_upload_block ORDER BY no', [tenantId, prizeId, importId])
  const { rowCount } = await sql.query(
    `INSERT INTO prize_code (tenant_id, prize_id, import_id, block, slot, fingerprint, expires_at)
     SELECT $1, $2, $3, block, slot, fingerprint, expires_at FROM code_upload ORDER BY line`,
    [tenantId, prizeId, importId],
  )
  return rowCount
}

export interface NewImport {
  readonly tenantId: string
  readonly id: string
  readonly campaignId: string
  readonly prizeId: string
  readonly operatorId: string | null
  readonly dryRun: boolean
}

/** Throws the database's unique violation where the tenant has one that runs, or the id is used. */
export async function insertImport(sql: SqlClient, { tenantId, id, campaignId, prizeId, operatorId, dryRun }: NewImport): Promise<void> {
  await sql.query(
    'INSERT INTO code_import (tenant_id, id, campaign_id, prize_id, operator_id, dry_run) VALUES ($1, $2, $3, $4, $5, $6)',
    [tenantId, id, campaignId, prizeId, operatorId, dryRun],
  )
}

/** A sign of life. */
export async function noteProgress(sql: SqlClient, tenantId: string, id: string, rows: number, errorCount: number): Promise<void> {
  await sql.query(
    `UPDATE code_import SET row_count = $3, error_count = $4, updated_at = now() WHERE tenant_id = $1 AND id = $2 AND state = 'RUNNING'`,
    [tenantId, id, rows, errorCount],
  )
}

export interface ImportEnd {
  readonly state: 'DONE' | 'REFUSED' | 'FAILED'
  readonly rows: number
  readonly imported: number
  readonly errorCount: number
  readonly errors: readonly RowError[]
  readonly message: string | null
}

/** False where it had ended before: nothing may be kept of it then. */
export async function endImport(sql: SqlClient, tenantId: string, id: string, end: ImportEnd): Promise<boolean> {
  const { rowCount } = await sql.query(
    `UPDATE code_import SET state = $3::code_import_state, row_count = $4, imported = $5, error_count = $6, errors = $7, message = $8, updated_at = clock_timestamp(), finished_at = clock_timestamp()
     WHERE tenant_id = $1 AND id = $2 AND state = 'RUNNING'`,
    [tenantId, id, end.state, end.rows, end.imported, end.errorCount, JSON.stringify(end.errors), end.message],
  )
  return rowCount > 0
}

/** Those of a tenant whose process has given no sign of life for so long have failed. */
export async function failSilent(sql: SqlClient, tenantId: string, silentSeconds: number): Promise<number> {
  const { rowCount } = await sql.query(
    `UPDATE code_import SET state = 'FAILED', message = 'The process that ran it has ended: send the file again', finished_at = now()
     WHERE tenant_id = $1 AND state = 'RUNNING' AND updated_at < now() - $2 * interval '1 second'`,
    [tenantId, silentSeconds],
  )
  return rowCount
}

const SELECT = `SELECT id, campaign_id AS "campaignId", prize_id AS "prizeId", dry_run AS "dryRun", state::text AS state, row_count AS rows, imported,
  error_count AS "errorCount", errors, message, created_at AS "createdAt", finished_at AS "finishedAt" FROM code_import`

export async function findImport(sql: SqlClient, tenantId: string, id: string): Promise<CodeImport | null> {
  const { rows } = await sql.query<CodeImport>(`${SELECT} WHERE tenant_id = $1 AND id = $2`, [tenantId, id])
  return rows[0] ?? null
}

/** Newest first. */
export async function listImports(sql: SqlClient, tenantId: string, prizeId: string, limit: number): Promise<CodeImport[]> {
  const { rows } = await sql.query<CodeImport>(`${SELECT} WHERE tenant_id = $1 AND prize_id = $2 ORDER BY created_at DESC, id DESC LIMIT $3`, [tenantId, prizeId, limit])
  return rows
}
