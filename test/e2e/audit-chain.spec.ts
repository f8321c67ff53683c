import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { INestApplicationContext } from '@nestjs/common'
import fc from 'fast-check'
import pg from 'pg'
import { systemContext } from '../../src/common/context.js'
import { ApiKeyService } from '../../src/modules/tenancy/api-key.service.js'
import { AuditLogService } from '../../src/modules/tenancy/audit-log.service.js'
import { AuditReadService } from '../../src/modules/tenancy/audit-read.service.js'
import type { CheckedChain } from '../../src/modules/tenancy/audit.types.js'
import { CHAIN_START, type ChainedEntry, type ChainPlace, hashOfEntry } from '../../src/modules/tenancy/domain/audit-chain.js'
import { SessionService } from '../../src/modules/tenancy/session.service.js'
import { type CreatedTenant, TenantService } from '../../src/modules/tenancy/tenant.service.js'
import { PrismaService } from '../../src/platform/prisma/prisma.service.js'
import { isDatabaseUnavailable } from '../../src/platform/prisma/database-errors.js'
import { appDatabaseUrl } from '../../src/platform/prisma/runtime-role.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { inParallel } from '../support/draws.js'
import { fromSetup } from '../support/environment.js'
import { uniqueName } from '../support/fixtures.js'
import { seed } from '../support/seed.js'
import { bootTenancy } from '../support/tenancy.js'

let database: TestDatabase
let here: INestApplicationContext
let elsewhere: INestApplicationContext // another process
let owner: pg.Client

beforeAll(async () => {
  database = await createTestDatabase()
  here = await bootTenancy(database.databaseUrl)
  elsewhere = await bootTenancy(database.databaseUrl)
  owner = new pg.Client({ connectionString: database.databaseUrl })
  await owner.connect()
})

afterAll(async () => {
  await owner.end()
  await Promise.all([here?.close(), elsewhere?.close()])
  await database.drop()
})

const create = () => {
  const slug = uniqueName('tenant')
  return here.get(TenantService).create({ slug, name: slug, ownerEmail: `owner@${slug}.example`, ownerName: 'Owner', actor: 'tests' })
}
const contextOf = ({ tenant }: CreatedTenant) => systemContext(tenant.tenantId, 'tests')
const setLimit = (of: CreatedTenant, limit: number, app = here) => app.get(TenantService).setLimit(contextOf(of), limit)

async function check({ tenant }: CreatedTenant, noted: readonly ChainPlace[] = []): Promise<CheckedChain> {
  const reads = elsewhere.get(AuditReadService)
  const chain = (await reads.chains()).find(({ tenantId }) => tenantId === tenant.tenantId)
  return reads.check(chain!, noted)
}

async function entriesOf({ tenant }: CreatedTenant): Promise<ChainedEntry[]> {
  const entries: ChainedEntry[] = []
  for await (const entry of here.get(AuditReadService).entries(tenant.tenantId, {}, 1_000_000)) entries.push(entry)
  return entries
}

describe('the chain of a tenant', () => {
  it('has one place for each change of many at once, in several processes', async () => {
    const [acme, umbra] = await Promise.all([create(), create()])
    const changes = Array.from({ length: 40 }, (_, n): Array<() => Promise<unknown>> => [
      () => setLimit(n % 3 === 0 ? umbra : acme, n + 1, n % 2 === 0 ? here : elsewhere),
      () => (n % 2 === 0 ? elsewhere : here).get(ApiKeyService).create(contextOf(acme), { name: `Key ${n}` }),
      ...(n % 8 === 0 ? [() => here.get(SessionService).login(acme.owner.email, acme.ownerPassword, '192.0.2.7', `login-${n}`)] : []),
    ]).flat()
    await inParallel(changes, 12)
    const [mine, theirs] = [await check(acme), await check(umbra)]
    expect([mine.broken, theirs.broken]).toEqual([null, null])
    expect([mine.entries, theirs.entries]).toEqual([3 + 26 + 40 + 5, 3 + 14])
    const entries = await entriesOf(acme)
    expect(entries.map(({ seq }) => seq)).toEqual(entries.map((_, n) => n + 1))
    expect(entries[0]).toMatchObject({ action: 'tenant.created', previousHash: CHAIN_START.hash })
    // Times follow the numbers.
    expect(entries.map(({ at }) => at.getTime())).toEqual(entries.map(({ at }) => at.getTime()).toSorted((a, b) => a - b))
    expect(entries.filter(({ action }) => action === 'session.opened').every(({ ip, actorId }) => ip === '192.0.2.7' && actorId === acme.owner.id)).toBe(true)
  })

  it('makes nobody wait for a transaction that has written its entry and goes on', async () => {
    const acme = await create()
    let written = () => {}
    let goOn = () => {}
    const isWritten = new Promise<void>((resolve) => { written = resolve })
    const mayGoOn = new Promise<void>((resolve) => { goOn = resolve })
    const slow = here.get(PrismaService).tenant(acme.tenant.tenantId, async (tx) => {
      await here.get(AuditLogService).record(tx, contextOf(acme), { action: 'campaign.updated', subjectKind: 'campaign', subjectId: '1' })
      written()
      await mayGoOn
    })
    await isWritten
    await setLimit(acme, 7, elsewhere)
    goOn()
    await slow
    expect((await entriesOf(acme)).slice(-2).map(({ action }) => action)).toEqual(['tenant.limit-set', 'campaign.updated'])
    expect((await check(acme)).broken).toBeNull()
  })

  it('has no gap where a transaction failed after its entry', async () => {
    const acme = await create()
    const failing = here.get(SqlService).tenant(acme.tenant.tenantId, async (sql) => {
      await here.get(AuditLogService).recordSql(sql, contextOf(acme), { action: 'campaign.updated', subjectKind: 'campaign', subjectId: '1' })
      throw new Error('on purpose')
    })
    await expect(failing).rejects.toThrow('on purpose')
    await setLimit(acme, 9)
    expect(await check(acme)).toMatchObject({ entries: 4, broken: null })
  })

  it('is hashed alike by Postgres and here, whatever is said', async () => {
    const acme = await create()
    const odd = fc.constantFrom('"', '\\', '\n', '\u0001', '\u007f', '\u2028', 'ß', '中', '🎁', '/')
    const text = fc.string({ unit: fc.oneof(odd, fc.string({ minLength: 1, maxLength: 1 })) })
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 3 }, text, fc.integer(), fc.maxSafeInteger(), fc.double(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
      list: fc.array(tie('any'), { maxLength: 5 }),
      object: fc.dictionary(fc.string(), tie('any'), { maxKeys: 5 }),
    }))
    const entry = fc.record({ before: fc.option(value.object), after: fc.option(value.object), reason: fc.option(text) })
    await fc.assert(fc.asyncProperty(entry, async (said) => {
      await here.get(PrismaService).tenant(acme.tenant.tenantId, (tx) => here.get(AuditLogService).record(tx, contextOf(acme), {
        action: 'campaign.updated', subjectKind: 'campaign', subjectId: '1', ...said as { before: object | null; after: object | null; reason: string | null },
      }))
    }), { ...seed(), numRuns: 150 })
    expect(await check(acme)).toMatchObject({ entries: 153, broken: null })
  })

  it('waits for its place for a bounded time, and then nothing is written', async () => {
    const acme = await create()
    await owner.query('BEGIN')
    await owner.query('SELECT FROM audit_head WHERE tenant_id = $1 FOR UPDATE', [acme.tenant.tenantId])
    const error = await setLimit(acme, 11).then(() => null, (caught: unknown) => caught)
    await owner.query('ROLLBACK')
    expect([error, isDatabaseUnavailable(error)]).toEqual([expect.any(Error), true])
    expect(await check(acme)).toMatchObject({ entries: 3, broken: null })
  })
})

describe('the runtime role', () => {
  it('adds entries, and neither changes nor removes one, nor says where one stands', async () => {
    const { tenant: { tenantId } } = await create()
    const runtime = new pg.Client({ connectionString: appDatabaseUrl(database.databaseUrl, fromSetup('TEST_SECRET_KEY')) })
    await runtime.connect()
    const add = (columns: string, values: string) =>
      `INSERT INTO audit_log (tenant_id, actor_kind, action, subject_kind, subject_id${columns}) VALUES ('${tenantId}', 'k', 'a', 's', 'i'${values})`
    try {
      for (const statement of [
        `UPDATE audit_log SET reason = 'x'`, `UPDATE audit_log SET hash = NULL, seq = NULL, previous_hash = NULL`, 'DELETE FROM audit_log', 'TRUNCATE audit_log',
        `UPDATE audit_head SET seq = 1`, 'DELETE FROM audit_head', 'SELECT * FROM audit_head FOR UPDATE',
        `INSERT INTO audit_head (tenant_id, seq, hash) VALUES ('${tenantId}', 1, 'x')`,
        add(', seq', ', 9'), add(', hash', `, 'x'`), `SELECT system_audit_link(l, NULL) FROM audit_log l`,
        'ALTER TABLE audit_log DISABLE TRIGGER audit_chain', 'SET session_replication_role = replica',
      ]) {
        await runtime.query('BEGIN')
        await runtime.query(`SELECT set_config('app.tenant_id', $1, true)`, [tenantId])
        await expect(runtime.query(statement).finally(() => runtime.query('ROLLBACK'))).rejects.toThrow(/permission denied|must be owner/)
      }
      // The role that gives places may not give one twice.
      await owner.query('BEGIN')
      await owner.query('SET LOCAL ROLE drawbridge_system')
      expect((await owner.query(`UPDATE audit_log SET seq = 99, at = now(), previous_hash = 'x', hash = 'y'`)).rowCount).toBe(0)
      await owner.query('ROLLBACK')
    } finally {
      await runtime.end()
    }
  })
})

describe('an owner of the database who changes the log', () => {
  /** Tampers for as long as the check takes. */
  async function tampered(
    acme: CreatedTenant, statements: ReadonlyArray<[string, ...unknown[]]>, noted: readonly ChainPlace[] = [],
  ): Promise<CheckedChain> {
    const { tenantId } = acme.tenant
    await owner.query('CREATE TEMP TABLE kept_log AS SELECT * FROM audit_log')
    await owner.query('CREATE TEMP TABLE kept_head AS SELECT * FROM audit_head')
    await owner.query(`SET session_replication_role = replica`)
    try {
      for (const [text, ...values] of statements) await owner.query(text, [tenantId, ...values])
      return await check(acme, noted)
    } finally {
      await owner.query('DELETE FROM audit_log')
      await owner.query('DELETE FROM audit_head')
      await owner.query('INSERT INTO audit_log OVERRIDING SYSTEM VALUE SELECT * FROM kept_log')
      await owner.query('INSERT INTO audit_head SELECT * FROM kept_head')
      await owner.query('SET session_replication_role = origin')
      await owner.query('DROP TABLE kept_log, kept_head')
    }
  }

  let acme: CreatedTenant
  let entries: ChainedEntry[]
  let head: ChainPlace
  beforeAll(async () => {
    acme = await create()
    for (let n = 1; n <= 7; n++) await setLimit(acme, n)
    entries = await entriesOf(acme)
    head = (await check(acme)).head!
    expect([entries.length, head.seq]).toEqual([10, 10])
  })
  const anew = (seq: number, more: Partial<ChainedEntry>) => {
    const entry = { ...entries[seq - 1]!, ...more }
    return Buffer.from(hashOfEntry(entry), 'hex')
  }
  const bytes = (hash: string) => Buffer.from(hash, 'hex')

  it.each<[string, string, string]>([
    ['what was changed', 'after', `'{"drawsPerSecondMax": 1}'`], ['who did it', 'actor_id', `'somebody else'`], ['when', 'at', `at - interval '1 hour'`],
    ['why', 'reason', `'no reason'`], ['from where', 'ip', `'192.0.2.1'`], ['what it is called', 'action', `'tenant.created'`],
  ])('is found out: %s', async (_what, column, value) => {
    expect((await tampered(acme, [[`UPDATE audit_log SET ${column} = ${value} WHERE tenant_id = $1 AND seq = 6`]])).broken).toMatchObject({ seq: 6, fault: 'CHANGED' })
    expect((await check(acme)).broken).toBeNull()
  })

  it('is found out: a changed entry with a new hash of its own', async () => {
    const { broken } = await tampered(acme, [['UPDATE audit_log SET reason = $2, hash = $3 WHERE tenant_id = $1 AND seq = 6', 'x', anew(6, { reason: 'x' })]])
    expect(broken).toMatchObject({ seq: 7, fault: 'UNLINKED' })
  })

  it('is found out: an entry that was removed, with or without those after it moving up', async () => {
    const remove: [string] = ['DELETE FROM audit_log WHERE tenant_id = $1 AND seq = 6']
    expect((await tampered(acme, [remove])).broken).toMatchObject({ seq: 6, fault: 'MISSING' })
    const up: Array<[string]> = [7, 8, 9, 10].map((seq) => [`UPDATE audit_log SET seq = ${seq - 1} WHERE tenant_id = $1 AND seq = ${seq}`])
    expect((await tampered(acme, [remove, ...up])).broken).toMatchObject({ seq: 6, fault: 'UNLINKED' })
    expect((await tampered(acme, [['DELETE FROM audit_log WHERE tenant_id = $1 AND seq = 1']])).broken).toMatchObject({ seq: 1, fault: 'MISSING' })
  })

  it('is found out: entries that were removed at the end, and a changed last one', async () => {
    const cut: [string] = ['DELETE FROM audit_log WHERE tenant_id = $1 AND seq > 8']
    expect((await tampered(acme, [cut])).broken).toMatchObject({ seq: 9, fault: 'TRUNCATED' })
    expect((await tampered(acme, [['DELETE FROM audit_log WHERE tenant_id = $1']])).broken).toMatchObject({ seq: 1, fault: 'TRUNCATED' })
    expect((await tampered(acme, [['DELETE FROM audit_log WHERE tenant_id = $1'], ['DELETE FROM audit_head WHERE tenant_id = $1']])).broken).toMatchObject({ seq: 1, fault: 'TRUNCATED' })
    const last: [string, ...unknown[]] = ['UPDATE audit_log SET reason = $2, hash = $3 WHERE tenant_id = $1 AND seq = 10', 'x', anew(10, { reason: 'x' })]
    expect((await tampered(acme, [last])).broken).toMatchObject({ seq: 10, fault: 'REWRITTEN' })
  })

  it('is found out: a head that was put back alone, entries without a place', async () => {
    const back: [string, ...unknown[]] = ['UPDATE audit_head SET seq = 8, hash = $2 WHERE tenant_id = $1', bytes(entries[7]!.hash)]
    expect((await tampered(acme, [back])).broken).toMatchObject({ seq: 9, fault: 'ASTRAY' })
    const stray: [string] = [`INSERT INTO audit_log (tenant_id, actor_kind, action, subject_kind, subject_id) VALUES ($1, 'k', 'a', 's', 'i')`]
    expect((await tampered(acme, [stray])).broken).toMatchObject({ seq: 11, fault: 'ASTRAY' })
  })

  it('is not found out by the log alone where its end was cut and its head put back, but by a place that was noted', async () => {
    const cut: Array<[string, ...unknown[]]> = [
      ['DELETE FROM audit_log WHERE tenant_id = $1 AND seq > 8'], ['UPDATE audit_head SET seq = 8, hash = $2 WHERE tenant_id = $1', bytes(entries[7]!.hash)],
    ]
    expect((await tampered(acme, cut)).broken).toBeNull()
    expect((await tampered(acme, cut, [head])).broken).toMatchObject({ seq: 9, fault: 'TRUNCATED' })
  })

  it('nor where everything from a change on was hashed anew', async () => {
    const statements: Array<[string, ...unknown[]]> = []
    let previousHash = entries[4]!.hash
    for (const { seq } of entries.slice(5)) {
      const more = seq === 6 ? { previousHash, reason: 'x' } : { previousHash }
      const hash = anew(seq, more)
      statements.push(['UPDATE audit_log SET reason = $2, previous_hash = $3, hash = $4 WHERE tenant_id = $1 AND seq = $5', more.reason ?? null, bytes(previousHash), hash, seq])
      previousHash = hash.toString('hex')
    }
    statements.push(['UPDATE audit_head SET hash = $2 WHERE tenant_id = $1', bytes(previousHash)])
    expect((await tampered(acme, statements)).broken).toBeNull()
    expect((await tampered(acme, statements, [{ seq: 5, hash: entries[4]!.hash }])).broken).toBeNull()
    expect((await tampered(acme, statements, [{ seq: 7, hash: entries[6]!.hash }])).broken).toMatchObject({ seq: 7, fault: 'REWRITTEN' })
  })
})
