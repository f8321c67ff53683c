import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { INestApplicationContext } from '@nestjs/common'
import { systemContext } from '../../src/common/context.js'
import { type CreatedTenant, TenantService } from '../../src/modules/tenancy/tenant.service.js'
import { asOwner, createTestDatabase, type TestDatabase } from '../support/database.js'
import { fromSetup } from '../support/environment.js'
import { emptyTestRedis } from '../support/redis.js'
import { bootTenancy } from '../support/tenancy.js'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

let database: TestDatabase
let redisUrl: string
let tenancy: INestApplicationContext
let folder: string
let acme: CreatedTenant

const create = (slug: string) => tenancy.get(TenantService).create({ slug, name: slug, ownerEmail: `owner@${slug}.example`, ownerName: '=cmd', actor: 'tests' })
const setLimit = ({ tenant }: CreatedTenant, limit: number) => tenancy.get(TenantService).setLimit(systemContext(tenant.tenantId, 'tests'), limit)

beforeAll(async () => {
  database = await createTestDatabase()
  redisUrl = await emptyTestRedis()
  tenancy = await bootTenancy(database.databaseUrl)
  folder = await mkdtemp(join(tmpdir(), 'drawbridge-audit-'))
  acme = await create('acme')
  await create('umbra')
})

afterAll(async () => {
  await tenancy?.close()
  await database?.drop()
  await rm(folder, { recursive: true, force: true })
})

/** The command from its source, in a process of its own. */
function audit(args: string[], env: Record<string, string> = {}): Promise<{ code: number; out: string; err: string }> {
  const given = { ...process.env, DATABASE_URL: database.databaseUrl, REDIS_URL: redisUrl, SECRET_KEY: fromSetup('TEST_SECRET_KEY'), LOG_LEVEL: '', ...env }
  const node = ['--import', path('../support/typescript-hooks.mjs'), path('../../src/cli/audit.ts'), ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, node, { env: given, timeout: 30_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err })
    })
  })
}

const anchorIn = (out: string) => /\b[a-z0-9-]+:\d+:[0-9a-f]{64}\b/.exec(out)?.[0] ?? ''

describe('npm run audit', () => {
  it('says of each tenant’s log whether it is whole, with its head, and follows it through places that were noted', async () => {
    const { code, out, err } = await audit([])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(out.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['No campaign is published.'], [''], ['AUDIT LOG', 'ENTRIES', 'CHAIN', 'HEAD'],
      ['acme', '3', 'whole', expect.stringMatching(/^acme:3:[0-9a-f]{64}$/)], ['umbra', '3', 'whole', expect.stringMatching(/^umbra:3:[0-9a-f]{64}$/)], [''],
    ])
    await setLimit(acme, 5)
    const noted = anchorIn(out)
    expect((await audit(['--tenant', 'acme', '--anchor', noted])).code).toBe(0)
    const later = await audit(['--anchor', noted.replace(':3:', ':9:')])
    expect([later.code, later.out]).toEqual([1, expect.stringContaining('\nacme\n  TRUNCATED: entry 5 the log ends at 4, and had 9 entries\n')])
    const other = await audit(['--anchor', `acme:2:${'0'.repeat(64)}`])
    expect([other.code, other.out]).toEqual([1, expect.stringMatching(/\nacme +2? *\d +broken .*\n(?:.*\n)*\nacme\n {2}REWRITTEN: entry 2 has the hash /)])
  })

  it('writes a log to a new file, says so in it, and follows such a file without a server', async () => {
    const [file, csv] = [join(folder, 'acme.jsonl'), join(folder, 'acme.csv')]
    expect(await audit(['--export', file, '--tenant', 'acme'])).toEqual({ code: 0, out: `The audit log of acme is in ${file}.\n`, err: '' })
    const again = await audit(['--export', file, '--tenant', 'acme'])
    expect([again.code, again.err]).toEqual([1, expect.stringMatching(/^--export: EEXIST/)])
    const text = await readFile(file, 'utf8')
    expect(JSON.parse(text.trimEnd().split('\n').at(-1)!)).toMatchObject({ action: 'audit-log.exported', actorKind: 'system', actorId: 'command line' })
    const away = { DATABASE_URL: '', REDIS_URL: '', SECRET_KEY: '' }
    const whole = await audit(['--file', file], away)
    expect(whole).toMatchObject({ code: 0, out: expect.stringMatching(new RegExp(`^5 entries, whole: ${acme.tenant.tenantId}:5:[0-9a-f]{64}\n$`)) })
    const anchor = anchorIn(whole.out)
    expect((await audit(['--file', file, '--anchor', anchor], away)).code).toBe(0)
    await writeFile(file, text.replace('"tests"', '"nobody"'))
    expect(await audit(['--file', file], away)).toMatchObject({ code: 1, out: 'CHANGED: entry 1 is not what its hash was made of\n' })
    await writeFile(file, text.split('\n').slice(0, 3).join('\n'))
    expect((await audit(['--file', file, '--anchor', anchor], away)).out).toMatch(/^TRUNCATED: entry 4 /)
    expect((await audit(['--export', csv, '--tenant', 'acme'])).code).toBe(0)
    expect((await readFile(csv, 'utf8')).split('\r\n')).toHaveLength(8)
  })

  it('ends with 1 where a log was tampered with, and names the entry', async () => {
    await asOwner(database.databaseUrl, (client) => client.query(`UPDATE audit_log SET actor_id = 'eve' WHERE tenant_id = $1 AND seq = 2`, [acme.tenant.tenantId]))
    const { code, out } = await audit([])
    expect([code, out]).toEqual([1, expect.stringMatching(/\nacme +1 +broken /)])
    expect(out).toContain('\nacme\n  CHANGED: entry 2 is not what its hash was made of\n')
    expect(out).toMatch(/\numbra +3 +whole/)
  })

  it.each<[string, string[], RegExp]>([
    ['a bad anchor', ['--anchor', 'acme:1:abc'], /^--anchor: must be /], ['an anchor of nobody', ['--anchor', `nobody:1:${'0'.repeat(64)}`], /^--anchor: there is no tenant nobody/],
    ['an export of nobody’s', ['--export', 'x.csv'], /^--export: whose log\?/], ['an unknown tenant', ['--export', 'x.csv', '--tenant', 'nobody'], /^--tenant: there is no tenant nobody/],
    ['two wishes', ['--campaign', 'x', '--tenant', 'acme'], /^--campaign and --tenant: one or the other/], ['an unknown option', ['--ankor', 'x'], /--ankor/],
  ])('refuses %s', async (_what, args, message) => {
    expect(await audit(args)).toMatchObject({ code: 2, out: expect.not.stringContaining('AUDIT LOG'), err: expect.stringMatching(message) })
  })
})
