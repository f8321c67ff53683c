import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import type { INestApplicationContext } from '@nestjs/common'
import { systemContext } from '../../src/common/context.js'
import { AccountService } from '../../src/modules/tenancy/account.service.js'
import { ApiKeyService } from '../../src/modules/tenancy/api-key.service.js'
import { AuditReadService } from '../../src/modules/tenancy/audit-read.service.js'
import { InvitationService } from '../../src/modules/tenancy/invitation.service.js'
import { SessionService } from '../../src/modules/tenancy/session.service.js'
import { TenantService } from '../../src/modules/tenancy/tenant.service.js'
import { createTestDatabase, type TestDatabase } from '../support/database.js'
import { fromSetup } from '../support/environment.js'
import { bootTenancy } from '../support/tenancy.js'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

let database: TestDatabase
let tenancy: INestApplicationContext

beforeAll(async () => {
  database = await createTestDatabase()
  tenancy = await bootTenancy(database.databaseUrl)
})

afterAll(async () => {
  await tenancy?.close()
  await database?.drop()
})

interface Ran {
  code: number
  out: string
  err: string
}

/** The command from its source, in a process of its own. */
function tenant(args: string[], env: Record<string, string | undefined> = {}): Promise<Ran> {
  const given = { ...process.env, DATABASE_URL: database.databaseUrl, REDIS_URL: '', SECRET_KEY: fromSetup('TEST_SECRET_KEY'), LOG_LEVEL: '', ...env }
  const node = ['--import', path('../support/typescript-hooks.mjs'), path('../../src/cli/tenant.ts'), ...args]
  return new Promise((resolve) => {
    execFile(process.execPath, node, { env: given, timeout: 30_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), out, err })
    })
  })
}

const after = (out: string, label: string) => new RegExp(`^ *${label} +(\\S+)$`, 'm').exec(out)?.[1] ?? ''

describe('npm run tenant', () => {
  it('makes a tenant whose printed credentials work', async () => {
    const { code, out, err } = await tenant(['create', '--slug', 'acme', '--name', 'Acme', '--owner-email', 'Ada@Acme.example', '--draws-per-second', '50'])
    expect({ code, err }).toEqual({ code: 0, err: '' })
    expect(await tenancy.get(ApiKeyService).authenticate(after(out, 'Server API key'))).toMatchObject({ tenantSlug: 'acme', drawsPerSecondMax: 50 })
    const { session } = await tenancy.get(SessionService).login('ada@acme.example', after(out, 'Password'), '192.0.2.1', 'test')
    expect(session.role).toBe('OWNER')
  })

  it('adds an operator, gives a new password and another limit, and lists', async () => {
    const sessions = tenancy.get(SessionService)
    const added = await tenant(['add-operator', '--tenant', 'acme', '--email', 'bob@acme.example', '--role', 'analyst'])
    expect(added.code).toBe(0)
    expect((await sessions.login('bob@acme.example', after(added.out, 'Password'), '192.0.2.1', 'test')).session.role).toBe('ANALYST')
    const reset = await tenant(['reset-password', '--tenant', 'acme', '--email', 'bob@acme.example'])
    await expect(sessions.login('bob@acme.example', after(added.out, 'Password'), '192.0.2.1', 'test')).rejects.toMatchObject({ code: 'UNAUTHENTICATED' })
    await sessions.login('bob@acme.example', after(reset.out, 'Password'), '192.0.2.1', 'test')
    expect((await tenant(['set-limit', '--tenant', 'acme', '--draws-per-second', '100000'])).code).toBe(0)
    const { out } = await tenant(['list'])
    expect(out.split('\n')[1]?.split(/ {2,}/)).toEqual(['acme', 'Acme', '100000', '2', '1'])
  })

  it('has said all of it in the audit log', async () => {
    const { tenantId } = (await tenancy.get(TenantService).bySlug('acme'))!
    const { edges } = await tenancy.get(AuditReadService).list(systemContext(tenantId, 'tests'), { actorId: 'command line' }, 100, null)
    expect(edges.map(({ node: { action, actorKind } }) => `${actorKind} ${action}`)).toEqual([
      'tenant.limit-set', 'operator.password-reset', 'operator.added', 'api-key.created', 'operator.added', 'tenant.created',
    ].map((action) => `system ${action}`))
    expect(edges[0]!.node).toMatchObject({ before: { slug: 'acme', drawsPerSecondMax: 50 }, after: { slug: 'acme', drawsPerSecondMax: 100_000 } })
    expect(edges[1]!.node).toMatchObject({ before: null, after: { email: 'bob@acme.example', sessionsEnded: 1 } })
  })

  it('invites, and lets people back in by a link', async () => {
    const invited = await tenant(['invite', '--tenant', 'acme', '--email', 'eve@acme.example', '--role', 'reviewer'])
    expect(invited.code).toBe(0)
    const token = after(invited.out, 'Token')
    expect(after(invited.out, 'Link')).toMatch(new RegExp(`/admin/invitation#${token}$`))
    await tenancy.get(InvitationService).accept(token, 'Eve', 'a long walk by the moat', { ip: '192.0.2.1', requestId: 'test' })
    const reset = await tenant(['reset-link', '--tenant', 'acme', '--email', 'Eve@acme.example'])
    await tenancy.get(AccountService).resetPassword(after(reset.out, 'Token'), 'another walk by the moat', { ip: '192.0.2.1', requestId: 'test' })
    const { session } = await tenancy.get(SessionService).login('eve@acme.example', 'another walk by the moat', '192.0.2.1', 'test')
    expect(session.role).toBe('REVIEWER')
    expect((await tenant(['reset-totp', '--tenant', 'acme', '--email', 'eve@acme.example'])).code).toBe(0)
  })

  it.each<[string, string[], number, RegExp]>([
    ['a taken slug', ['create', '--slug', 'acme', '--name', 'Acme', '--owner-email', 'x@y.example'], 1, /^slug: "acme" is taken\n$/],
    ['a taken e-mail', ['create', '--slug', 'more', '--name', 'More', '--owner-email', 'ada@acme.example'], 1, /^email: "ada@acme.example" is taken\n$/],
    ['a bad slug', ['create', '--slug', 'A b', '--name', 'A', '--owner-email', 'x@y.example'], 1, /^slug: must be /],
    ['a bad e-mail', ['create', '--slug', 'ab', '--name', 'A', '--owner-email', 'x'], 1, /^email: is not /],
    ['an unknown tenant', ['set-limit', '--tenant', 'nobody', '--draws-per-second', '5'], 1, /^There is no tenant "nobody"\n$/],
    ['an unknown operator', ['reset-password', '--tenant', 'acme', '--email', 'x@y.example'], 1, /^There is no such operator\n$/],
    ['a link for nobody', ['reset-link', '--tenant', 'acme', '--email', 'x@y.example'], 1, /^There is no such operator\n$/],
    ['a second invitation of an operator', ['invite', '--tenant', 'acme', '--email', 'ada@acme.example', '--role', 'OWNER'], 1, /^email: .* is an operator already\n$/],
    ['a missing option', ['create', '--slug', 'ab'], 2, /^This command needs --name, --owner-email\n/],
    ['a misplaced option', ['list', '--tenant', 'acme'], 2, /^This command does not take --tenant\n/],
    ['an unknown option', ['create', '--slag', 'ab'], 2, /--slag/],
    ['an unknown role', ['add-operator', '--tenant', 'acme', '--email', 'x@y.example', '--role', 'king'], 2, /^--role: must be one of OWNER/],
    ['a bad limit', ['set-limit', '--tenant', 'acme', '--draws-per-second', '-5x'], 2, /draws-per-second/],
    ['an unknown command', ['constructor'], 2, /^There is no command "constructor"\n/],
    ['no command', [], 2, /^Which command\?\n/],
  ])('refuses %s and writes nothing', async (_what, args, code, message) => {
    const ran = await tenant(args)
    expect(ran).toMatchObject({ code, out: '', err: expect.stringMatching(message) })
    expect(ran.err).not.toMatch(/\bat .*:\d+:\d+/)
  })

  it('helps', async () => {
    const { code, out } = await tenant(['create', '--help'])
    expect([code, out]).toEqual([0, expect.stringContaining('npm run tenant -- create --slug')])
  })

  it.each<[string, Record<string, string>, RegExp]>([
    ['no database', { DATABASE_URL: '' }, /^DATABASE_URL: is not set/],
    ['a database that is not there', { DATABASE_URL: 'postgresql://a:b@127.0.0.1:1/x' }, /^DATABASE_URL: .* cannot be reached/],
    ['another SECRET_KEY', { SECRET_KEY: 'x'.repeat(40) }, /^SECRET_KEY: .*npm run migrate/],
  ])('names what is wrong: %s', async (_what, env, message) => {
    const { code, err } = await tenant(['create', '--slug', 'ab', '--name', 'A', '--owner-email', 'x@y.example'], env)
    expect([code, err]).toEqual([1, expect.stringMatching(message)])
  })
})
