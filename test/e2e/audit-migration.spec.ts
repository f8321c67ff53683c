import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import pg from 'pg'
import { newId } from '../../src/common/ids.js'
import { AuditReadService } from '../../src/modules/tenancy/audit-read.service.js'
import type { ChainedEntry } from '../../src/modules/tenancy/domain/audit-chain.js'
import { packageRoot } from '../../src/platform/package-root.js'
import { migrate } from '../../src/platform/prisma/migrate.js'
import { appDatabaseUrl } from '../../src/platform/prisma/runtime-role.js'
import { asOwner, createDatabase, dropDatabases, withDatabaseName } from '../support/database.js'
import { fromSetup } from '../support/environment.js'
import { bootTenancy } from '../support/tenancy.js'

const MIGRATION = '20261129010000_audit_chain'
const FOLDER = join(packageRoot, 'prisma', 'migrations')
const secretKey = fromSetup('TEST_SECRET_KEY')
const server = fromSetup('TEST_DATABASE_URL')
const name = `${fromSetup('TEST_DATABASE_PREFIX')}before_the_chain_${process.pid}`
const role = `plain_${newId().replaceAll('-', '_')}`

/** The database as of the version before, as the owner's, who is no superuser and bound by row-level security like everybody. */
async function migrateUpTo(databaseUrl: string, last: string): Promise<void> {
  await asOwner(databaseUrl, async (client) => {
    await client.query(`CREATE TABLE _prisma_migrations (id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
      logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)`)
    for (const migration of readdirSync(FOLDER).filter((one) => !one.includes('.') && one < last).sort()) {
      const sql = readFileSync(join(FOLDER, migration, 'migration.sql'), 'utf8')
      await client.query('BEGIN')
      await client.query(sql)
      await client.query('INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count) VALUES ($1, $2, $3, now(), 1)',
        [newId(), createHash('sha256').update(sql).digest('hex'), migration])
      await client.query('COMMIT')
    }
  })
}

describe('a log from before there was a chain', () => {
  const url = new URL(withDatabaseName(server, name))
  const [acme, umbra, campaign] = [newId(), newId(), newId()]

  beforeAll(async () => {
    await createDatabase(server, name)
    await asOwner(server, async (client) => {
      await client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'plain' CREATEROLE`)
      await client.query(`GRANT drawbridge_system TO ${role} WITH ADMIN OPTION`)
      await client.query(`ALTER DATABASE ${pg.escapeIdentifier(name)} OWNER TO ${role}`)
    })
    url.username = role
    url.password = 'plain'
    await migrateUpTo(url.href, MIGRATION)
    await asOwner(appDatabaseUrl(url.href, secretKey), async (runtime) => {
      for (const tenantId of [acme, umbra]) {
        await runtime.query('BEGIN')
        await runtime.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId])
        await runtime.query(`INSERT INTO tenant (id, slug, name) VALUES ($1, $2, 'T')`, [tenantId, tenantId === acme ? 'acme' : 'umbra'])
        for (let n = 1; n <= 5; n++) {
          await runtime.query(
            `INSERT INTO audit_log (tenant_id, at, actor_kind, actor_id, action, subject_kind, subject_id, before, after, request_id)
             VALUES ($1, now() - $2::integer * interval '1 day', 'operator', 'ada', 'campaign.updated', $3, $4, '{"b": [1, {"ä": null}], "a": "x"}', NULL, 'r')`,
            [tenantId, n, n % 2 === 0 ? 'campaign' : 'tenant', n % 2 === 0 ? campaign : tenantId])
        }
        await runtime.query('COMMIT')
      }
    })
  })

  afterAll(async () => {
    await dropDatabases(server, name)
    await asOwner(server, (client) => client.query(`DROP ROLE ${role}`))
  })

  it('is chained when the database is migrated, as it is, by an owner who sees no row of it', async () => {
    await asOwner(url.href, async (client) => {
      expect((await client.query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')).rows).toEqual([{ rolsuper: false }])
      expect((await client.query('SELECT FROM audit_log')).rowCount).toBe(0)
    })
    await migrate(url.href, secretKey)
    const tenancy = await bootTenancy(url.href)
    try {
      const reads = tenancy.get(AuditReadService)
      const chains = await reads.chains()
      expect(chains.map(({ tenantSlug, head }) => [tenantSlug, head?.seq])).toEqual([['acme', 5], ['umbra', 5]])
      for (const chain of chains) expect(await reads.check(chain)).toMatchObject({ entries: 5, broken: null })
      const entries: ChainedEntry[] = []
      for await (const entry of reads.entries(acme, {}, 5)) entries.push(entry)
      expect(entries.map(({ campaignId }) => campaignId)).toEqual([null, campaign, null, campaign, null])
      const ages = entries.map(({ at }) => Math.round((Date.now() - at.getTime()) / 86_400_000))
      expect(ages).toEqual([1, 2, 3, 4, 5])
      expect(entries[0]).toMatchObject({ before: { a: 'x', b: [1, { ä: null }] }, after: null, requestId: 'r', ip: null })
    } finally {
      await tenancy.close()
    }
  })

  it('goes on with entries of processes of the version before', async () => {
    await asOwner(appDatabaseUrl(url.href, secretKey), async (runtime) => {
      await runtime.query('BEGIN')
      await runtime.query(`SELECT set_config('app.tenant_id', $1, true)`, [acme])
      await runtime.query(`INSERT INTO audit_log (tenant_id, at, actor_kind, actor_id, action, subject_kind, subject_id, before, after, request_id) VALUES ($1, now(), 'system', 's', 'a.b', 'k', 'i', NULL, NULL, 'r')`, [acme])
      await runtime.query('COMMIT')
    })
    const tenancy = await bootTenancy(url.href)
    try {
      const reads = tenancy.get(AuditReadService)
      expect(await reads.check((await reads.chains())[0]!)).toMatchObject({ tenantSlug: 'acme', entries: 6, broken: null })
    } finally {
      await tenancy.close()
    }
  })
})
