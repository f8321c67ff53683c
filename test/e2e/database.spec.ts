import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import pg from 'pg'
import { newId } from '../../src/common/ids.js'
import { packageRoot } from '../../src/platform/package-root.js'
import { migrate } from '../../src/platform/prisma/migrate.js'
import { appDatabaseUrl, RUNTIME_ROLE } from '../../src/platform/prisma/runtime-role.js'
import { createDatabase, createTestDatabase, dropDatabases, type TestDatabase, withDatabaseName } from '../support/database.js'
import { fromSetup } from '../support/environment.js'
import { readPrismaSchema } from '../support/prisma-schema.js'

const OURS = `n.nspname = 'public' AND c.relkind IN ('r', 'p') AND c.relname <> '_prisma_migrations'`
const WITHOUT_TENANT = ['cdc_position', 'installation', 'node_lease', 'outbox', 'redis_history']
const keyColumns = (relation: string, columns: string) =>
  `(SELECT string_agg(a.attname, ', ' ORDER BY o) FROM unnest(${columns}) WITH ORDINALITY x(num, o) JOIN pg_attribute a ON a.attrelid = ${relation} AND a.attnum = x.num)`

let database: TestDatabase
let owner: pg.Client
let runtime: pg.Client
const secretKey = fromSetup('TEST_SECRET_KEY')

async function lines(sql: string, values: unknown[] = []): Promise<string[]> {
  const { rows } = await owner.query<{ line: string }>(sql, values)
  return rows.map(({ line }) => line).sort()
}

/** Runs as the runtime role with `tenantId` set, and undoes it. */
async function asTenant<T>(tenantId: string, work: () => Promise<T>): Promise<T> {
  await runtime.query('BEGIN')
  try {
    await runtime.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId])
    return await work()
  } finally {
    await runtime.query('ROLLBACK')
  }
}

beforeAll(async () => {
  database = await createTestDatabase()
  owner = new pg.Client({ connectionString: database.databaseUrl })
  runtime = new pg.Client({ connectionString: appDatabaseUrl(database.databaseUrl, secretKey) })
  await Promise.all([owner.connect(), runtime.connect()])
})

afterAll(async () => {
  await Promise.all([owner.end(), runtime.end()])
  await database.drop()
})

describe('the migrated database and schema.prisma say the same', () => {
  const prisma = readPrismaSchema(join(packageRoot, 'prisma', 'schema.prisma'))

  test('columns, types, nullability', async () => {
    const migrated = await lines(`
      SELECT c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attnotnull THEN ' not null' ELSE '' END
        || CASE WHEN a.attidentity <> '' THEN ' identity' WHEN a.atthasdef THEN ' default' ELSE '' END AS line
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE ${OURS} AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped`)
    expect(migrated).toEqual(prisma.columns)
  })

  test('enums, their values in order', async () => {
    const migrated = await lines(`
      SELECT t.typname || ': ' || string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) AS line
      FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname`)
    expect(migrated).toEqual(prisma.enums)
  })

  test('primary, unique and foreign keys', async () => {
    const migrated = await lines(`
      SELECT c.relname || CASE k.contype WHEN 'p' THEN ' primary (' WHEN 'u' THEN ' unique (' ELSE ' (' END || ${keyColumns('k.conrelid', 'k.conkey')} || ')'
        || CASE WHEN k.contype = 'f' THEN ' references ' || r.relname || ' (' || ${keyColumns('k.confrelid', 'k.confkey')} || ')' ELSE '' END AS line
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_class r ON r.oid = k.confrelid
      WHERE ${OURS} AND NOT c.relispartition AND k.contype IN ('p', 'u', 'f') AND k.conparentid = 0`)
    expect(migrated).toEqual(prisma.keys)
  })

  test('draws lie in 64 partitions', async () => {
    const { rows } = await owner.query(`SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent = 'draw'::regclass`)
    expect(rows).toEqual([{ n: 64 }])
  })
})

describe('the policy catalogue', () => {
  test('only these tables have no tenant', async () => {
    const without = await lines(`
      SELECT c.relname AS line FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE ${OURS} AND c.relname <> 'tenant' AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND a.attnotnull)`)
    expect(without).toEqual(WITHOUT_TENANT)
  })

  test('row-level security is on and forced on every other, partitions too', async () => {
    const open = await lines(
      `SELECT c.relname AS line FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE ${OURS} AND c.relname <> ALL ($1) AND NOT (c.relrowsecurity AND c.relforcerowsecurity)`, [WITHOUT_TENANT])
    expect(open).toEqual([])
  })

  test('tenant_isolation has USING and WITH CHECK, for the runtime role and every command', async () => {
    const wrong = await lines(
      `SELECT c.relname AS line FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
       LEFT JOIN pg_policies p ON p.schemaname = 'public' AND p.tablename = c.relname AND p.policyname = 'tenant_isolation'
       WHERE ${OURS} AND c.relname <> ALL ($1) AND (p.permissive, p.roles::text, p.cmd, p.qual, p.with_check) IS DISTINCT FROM
         ('PERMISSIVE', '{${RUNTIME_ROLE}}', 'ALL', CASE c.relname WHEN 'tenant' THEN '(id = current_tenant())' ELSE '(tenant_id = current_tenant())' END,
          CASE c.relname WHEN 'tenant' THEN '(id = current_tenant())' ELSE '(tenant_id = current_tenant())' END)`, [WITHOUT_TENANT])
    expect(wrong).toEqual([])
  })

  test('no other policy opens anything to the runtime role', async () => {
    const others = await lines(
      `SELECT policyname || ' on ' || tablename || ' for ' || cmd || ' to ' || roles::text AS line FROM pg_policies WHERE policyname <> 'tenant_isolation'`)
    // Entries of the audit log are given their place, once.
    expect(others.filter((line) => !/^system_read on \w+ for SELECT to \{drawbridge_system\}$/.test(line)))
      .toEqual(['system_link on audit_head for ALL to {drawbridge_system}', 'system_link on audit_log for UPDATE to {drawbridge_system}'])
    expect(others).not.toEqual([])
  })
})

describe('the runtime role', () => {
  test('has no power of its own and belongs to no other role', async () => {
    const { rows } = await owner.query(
      `SELECT rolname, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication, rolcanlogin FROM pg_roles WHERE rolname LIKE 'drawbridge\\_%' ORDER BY 1`)
    const powerless = { rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false, rolreplication: false }
    expect(rows).toEqual([{ rolname: RUNTIME_ROLE, ...powerless, rolcanlogin: true }, { rolname: 'drawbridge_system', ...powerless, rolcanlogin: false }])
    const memberships = await lines(
      `SELECT g.rolname AS line FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member JOIN pg_roles g ON g.oid = m.roleid WHERE r.rolname = $1`, [RUNTIME_ROLE])
    expect(memberships).toEqual([])
  })

  test('owns nothing and can make nothing', async () => {
    const owned = await lines(
      `SELECT d.classid::regclass::text AS line FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid WHERE d.deptype = 'o' AND r.rolname = $1`, [RUNTIME_ROLE])
    expect(owned).toEqual([])
    await expect(runtime.query('CREATE TABLE mine (id int)')).rejects.toThrow('permission denied')
    await expect(runtime.query('SELECT * FROM _prisma_migrations')).rejects.toThrow('permission denied')
  })

  test('runs what is done in its creator’s name with a path that no temporary table comes into', async () => {
    const loose = await lines(
      `SELECT p.proname AS line FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
       WHERE n.nspname = 'public' AND p.prosecdef AND p.proconfig IS DISTINCT FROM ARRAY['search_path=public, pg_temp']`)
    expect(loose).toEqual([])
  })
})

describe('two tenants', () => {
  const [mine, theirs] = [newId(), newId()]
  const [myCampaign, theirCampaign] = [newId(), newId()]
  const partitions: string[] = []

  beforeAll(async () => {
    for (const [tenant, campaign] of [[mine, myCampaign], [theirs, theirCampaign]] as const) {
      await runtime.query('BEGIN')
      await runtime.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenant])
      await runtime.query(`INSERT INTO tenant (id, slug, name) VALUES ($1, $2, 'T')`, [tenant, `t${tenant.slice(-8)}`])
      await runtime.query(
        `INSERT INTO campaign (tenant_id, id, slug, name, mechanic, starts_at, ends_at) VALUES ($1, $2, 'c', 'C', 'LOTTERY', now(), now() + interval '1 day')`,
        [tenant, campaign])
      await runtime.query(
        `INSERT INTO draw (tenant_id, campaign_id, participant_id, id, idempotency_key, ordinal, state, version, fingerprint, roll, campaign_version, epoch, bucket, seq, created_at)
         SELECT $1::uuid, $2::uuid, 'user-' || n, n + $3::int, 'k', 0, 'LOSING', 1, 'f', 1, 1, 1, 0, n, now() FROM generate_series(1, 300) n`,
        [tenant, campaign, tenant === mine ? 0 : 1_000])
      await runtime.query('COMMIT')
    }
    partitions.push(...(await lines(`SELECT inhrelid::regclass::text AS line FROM pg_inherits WHERE inhparent = 'draw'::regclass`)))
  })

  test('each sees its own rows alone, and nobody sees any without a tenant', async () => {
    const seen = async () => (await runtime.query<{ tenant_id: string }>('SELECT DISTINCT tenant_id FROM draw')).rows.map((row) => row.tenant_id)
    expect(await asTenant(mine, seen)).toEqual([mine])
    expect(await asTenant(theirs, seen)).toEqual([theirs])
    expect(await seen()).toEqual([])
  })

  test('neither writes, moves or names a row of the other', async () => {
    await expect(asTenant(mine, () => runtime.query(`INSERT INTO tenant (id, slug, name) VALUES ($1, 'sneaky', 'S')`, [newId()]))).rejects.toThrow('row-level security')
    await expect(asTenant(mine, () => runtime.query('UPDATE campaign SET tenant_id = $1', [theirs]))).rejects.toThrow('row-level security')
    const touched = await asTenant(mine, () => runtime.query(`UPDATE campaign SET name = 'x' WHERE id = $1`, [theirCampaign]))
    expect(touched.rowCount).toBe(0)
    const prize = `INSERT INTO prize (tenant_id, id, campaign_id, position, name, probability_ppb, stock_total) VALUES ($1, $2, $3, 1, 'P', 0, 0)`
    await expect(asTenant(mine, () => runtime.query(prize, [mine, newId(), theirCampaign]))).rejects.toThrow('foreign key')
  })

  test('a partition gives nothing away, even to a role that may read it', async () => {
    await expect(runtime.query('SELECT * FROM draw_p00')).rejects.toThrow('permission denied')
    await owner.query('BEGIN')
    try {
      await owner.query(`GRANT ${RUNTIME_ROLE} TO CURRENT_USER`)
      await owner.query(`GRANT SELECT ON ${partitions.join(', ')} TO ${RUNTIME_ROLE}`)
      await owner.query(`SET LOCAL ROLE ${RUNTIME_ROLE}`)
      await owner.query(`SELECT set_config('app.tenant_id', $1, true)`, [mine])
      const { rows } = await owner.query(partitions.map((name) => `SELECT tenant_id FROM ${name}`).join(' UNION '))
      expect(rows).toEqual([{ tenant_id: mine }])
    } finally {
      await owner.query('ROLLBACK')
    }
  })
})

describe('migrating', () => {
  test('keeps Prisma’s books: a finished row with the checksum of each file', async () => {
    const folder = join(packageRoot, 'prisma', 'migrations')
    const names = readdirSync(folder).filter((name) => !name.includes('.')).sort()
    const { rows } = await owner.query('SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, rolled_back_at, applied_steps_count FROM _prisma_migrations ORDER BY 1')
    expect(rows).toEqual(names.map((name) => ({
      migration_name: name,
      checksum: createHash('sha256').update(readFileSync(join(folder, name, 'migration.sql'))).digest('hex'),
      finished: true,
      rolled_back_at: null,
      applied_steps_count: 1,
    })))
  })

  test('again does nothing; another SECRET_KEY, a changed file and an unfinished migration are refused', async () => {
    const said: string[] = []
    await migrate(database.databaseUrl, secretKey, (line) => said.push(line))
    expect(said).toEqual([])
    await expect(migrate(database.databaseUrl, 'another-secret-key-of-32-characters')).rejects.toThrow('SECRET_KEY')
    await owner.query(`UPDATE _prisma_migrations SET checksum = 'x' || substr(checksum, 2)`)
    await expect(migrate(database.databaseUrl, secretKey)).rejects.toThrow('was changed after it had been applied')
    await owner.query('UPDATE _prisma_migrations SET finished_at = NULL')
    await expect(migrate(database.databaseUrl, secretKey)).rejects.toThrow('began and did not end')
  })

  test('several new databases of one server at the same time, each twice', async () => {
    const server = fromSetup('TEST_DATABASE_URL')
    const prefix = `${fromSetup('TEST_DATABASE_PREFIX')}fresh_${process.pid}_`
    const urls = [1, 2, 3].map((n) => withDatabaseName(server, `${prefix}${n}`))
    try {
      for (const n of [1, 2, 3]) await createDatabase(server, `${prefix}${n}`)
      await Promise.all([...urls, ...urls].map((url) => migrate(url, secretKey)))
      for (const url of urls) {
        const client = new pg.Client({ connectionString: appDatabaseUrl(url, secretKey) })
        await client.connect()
        expect((await client.query('SELECT count(*)::int AS n FROM installation')).rows).toEqual([{ n: 1 }])
        await client.end()
      }
    } finally {
      await dropDatabases(server, prefix)
    }
  })
})
