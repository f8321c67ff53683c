import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { outlineOf } from '../../src/api/queue-desk/outline.js'
import { QueueDeskAccess } from '../../src/api/queue-desk/queue-desk-access.js'
import { strictPage } from '../../src/api/queue-desk/strict-page.js'
import { requireRuntimeConfig } from '../../src/config/config.module.js'
import { TenantService } from '../../src/modules/tenancy/tenant.service.js'
import { QueuePort } from '../../src/platform/queue/queue.port.js'
import { bootApp, type TestApp } from '../support/app.js'
import { bearer, createTenant, login, uniqueName, type TestTenant } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'
import { People } from '../support/people.js'

const DESK = '/admin/queues-board'
/** What only the desk itself says: its page, its lists, its files. */
const OF_THE_DESK = /__UI_CONFIG__|"queues":\[|"job":\{|bull-board/i
/** The same places, as they are asked for by who hopes that a guard and a router read paths differently. */
const FORMS = [
  DESK, `${DESK}/`, `${DESK}/queue/settlement`, `${DESK}/api/queues`, `${DESK}/api/queues?activeQueue=settlement`, `${DESK}/api/queues/settlement/1`, `${DESK}/api/queues/`,
  `${DESK}/api/job-schedulers`, `${DESK}/static/images/logo.svg`, `/${DESK}/api/queues`, `${DESK}//api/queues`, '/admin//queues-board/api/queues', '/admin/./queues-board/api/queues',
  '/admin/x/../queues-board/api/queues', '/admin/%2e%2e/admin/queues-board/api/queues', '/admin/%71ueues-board/api/queues', '/admin/queues%2Dboard/api/queues', '/admin%2Fqueues-board%2Fapi%2Fqueues',
  '/admin/queues-board%2Fapi/queues', '/admin/queues-board/api%2Fqueues', '/admin/queues-board/%61pi/queues', '/Admin/Queues-Board/api/queues', '/admin/QUEUES-BOARD/api/queues',
  '/admin/queues-board./api/queues', '/admin/queues-board/api/queues.', '/admin/queues-board/api/queues%00', '/admin/queues-board;a=1/api/queues', '/admin/queues-board/api;a=1/queues',
  '/admin\\queues-board\\api\\queues', '/admin/queues-board/api/queues%2F', '/admin/queues-board/static/..%2f..%2findex.ejs', '/admin/queues-board/static/%2e%2e/%2e%2e/index.ejs',
  'http://elsewhere.example/admin/queues-board/api/queues',
]

let app: TestApp
let tenant: TestTenant
const cookies: Record<'owner' | 'manager' | 'stranger' | 'nobody' | 'forged', string> = { owner: '', manager: '', stranger: '', nobody: '', forged: `dbs_${'A'.repeat(43)}` }

interface Answer { readonly status: number; readonly headers: Record<string, unknown>; readonly body: string }

/** The path goes out as it is: `fetch` would tidy it up. */
function ask(path: string, token: string, method = 'GET', headers: Record<string, string> = {}): Promise<Answer> {
  const { hostname, port } = new URL(app.url)
  const cookie: Record<string, string> = token === '' ? {} : { cookie: `__Host-drawbridge=${token}` }
  return new Promise((resolve, reject) => {
    const asked = request({ hostname, port, path, method, agent: false, headers: { ...cookie, ...headers } }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => { body += chunk }).on('end', () => { resolve({ status: response.statusCode ?? 0, headers: response.headers, body }) })
    })
    asked.on('error', reject).end()
  })
}

beforeAll(async () => {
  const slug = uniqueName('desk')
  app = await bootApp({ env: { QUEUE_DESK_TENANT: slug } })
  tenant = await createTenant(app, { slug })
  const other = await createTenant(app)
  cookies.owner = await login(app, tenant.ownerEmail, tenant.ownerPassword)
  cookies.stranger = await login(app, other.ownerEmail, other.ownerPassword)
  cookies.manager = (await People.as(app, tenant, cookies.owner).person('MANAGER')).token
})

afterAll(async () => {
  await app?.close()
})

describe('the queue desk', () => {
  it.each(FORMS)('shows nothing of itself at %s to whom it is not for, by GET and by HEAD', async (path) => {
    for (const who of ['nobody', 'forged', 'stranger', 'manager'] as const) {
      const { status, body } = await ask(path, cookies[who])
      expect([who, OF_THE_DESK.test(body)]).toEqual([who, false])
      // What the router does not take for the desk is the dashboard's page, which anybody may have, or nothing.
      if (status === 200) expect([who, body.includes('<div id="root">')]).toEqual([who, true])
      expect([who, (await ask(path, cookies[who], 'HEAD')).status]).toEqual([who, status])
    }
  })

  it('refuses by name: 401 to who has no session, 403 to other tenants’ owners and to other roles', async () => {
    const codes = async (who: keyof typeof cookies) => {
      const { status, body, headers } = await ask(`${DESK}/api/queues`, cookies[who])
      return [status, (JSON.parse(body) as { errors: Array<{ extensions: { code: string } }> }).errors[0]?.extensions.code, headers['cache-control']]
    }
    expect(await Promise.all((['nobody', 'forged', 'stranger', 'manager'] as const).map(codes))).toEqual([
      [401, 'UNAUTHENTICATED', 'no-store'], [401, 'UNAUTHENTICATED', 'no-store'], [403, 'FORBIDDEN', 'no-store'], [403, 'FORBIDDEN', 'no-store'],
    ])
  })

  it('is there for the owners of the tenant that the installation names, in the dashboard’s frame alone', async () => {
    const page = await ask(`${DESK}/`, cookies.owner)
    expect([page.status, page.headers['cache-control'], page.headers['x-frame-options']]).toEqual([200, 'no-store', 'SAMEORIGIN'])
    expect(page.headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'self'; frame-ancestors 'self'",
    )
    expect(page.body).toContain('__UI_CONFIG__')
    expect(page.body).not.toMatch(/https?:\/\/|<style|\sstyle=/)
    const lists = await ask(`${DESK}/api/queues`, cookies.owner)
    const { queues } = JSON.parse(lists.body) as { queues: Array<{ name: string; readOnlyMode: boolean }> }
    expect(queues.map(({ name }) => name)).toEqual(['settlement', 'risk', 'user-center', 'inventory', 'fulfilment'])
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true)
    const script = /src="(static\/[^"]+\.js)"/.exec(page.body)?.[1] ?? ''
    const file = await ask(`${DESK}/${script}`, cookies.owner)
    expect([file.status, file.headers['cache-control']]).toEqual([200, 'private, no-cache'])
  })

  it('has nothing that changes anything', async () => {
    const queue = app.app.get(QueuePort, { strict: false }).all().find(({ name }) => name === 'settlement')!
    const changes = [
      ['PUT', 'pause'], ['PUT', 'resume'], ['PUT', 'settlement/pause'], ['PUT', 'settlement/empty'], ['PUT', 'settlement/obliterate'], ['PUT', 'settlement/clean/failed'],
      ['PUT', 'settlement/retry/failed'], ['PUT', 'settlement/promote'], ['POST', 'settlement/add'], ['PUT', 'settlement/1/retry'], ['PATCH', 'settlement/1/update-data'], ['DELETE', 'settlement/1'],
    ] as const
    for (const [method, path] of changes) expect([path, (await ask(`${DESK}/api/queues/${path}`, cookies.owner, method)).status]).toEqual([path, 405])
    expect(await queue.isPaused()).toBe(false)
    // A browser's GET that asks to be taken for something else.
    expect((await ask(`${DESK}/api/queues/pause`, cookies.owner, 'GET', { 'x-http-method-override': 'PUT' })).status).toBe(404)
    expect(await queue.isPaused()).toBe(false)
  })

  it('tells of a job its ids, and nothing of what it carries', async () => {
    await app.app.get(QueuePort, { strict: false }).add('user-center', 'of-nobody', { reading: 'r1', events: [{ data: { after: { user_id: 'participant-of-another' } } }] }, { delayMs: 3_600_000 })
    const { body } = await ask(`${DESK}/api/queues?activeQueue=user-center&status=delayed&jobsPerPage=1000000`, cookies.owner)
    expect(body).toContain('"data":{"reading":"r1","events":"1 entries"}')
    expect(body).not.toContain('participant-of-another')
    expect(outlineOf({ tenantId: 't', nested: { a: 1 }, long: 'x'.repeat(100), none: null })).toEqual({ tenantId: 't', nested: '…', long: `${'x'.repeat(80)}…`, none: null })
  })

  it('is nobody’s where the installation names no tenant', async () => {
    const config = requireRuntimeConfig({ ...app.config, queueDeskTenant: undefined })
    const access = new QueueDeskAccess(config, app.app.get(TenantService, { strict: false }))
    expect(await access.opensTo(tenant.tenantId)).toBe(false)
    const said = async (token: string) =>
      (await gqlData<{ queueDesk: boolean }>(app.adminGraphqlUrl, '{ queueDesk }', {}, bearer(token))).queueDesk
    expect([await said(cookies.owner), await said(cookies.stranger)]).toEqual([true, false])
  })

  it.each(['<div style="color:red">', '<style>a{}</style>', '<a onclick="x()">', '<script>alert(1)</script>', '<script src="//cdn.example/x.js"></script>'])(
    'is not served with what its policy forbids: %s', (loose) => { expect(() => strictPage(`<html>${loose}</html>`)).toThrow('policy forbids') },
  )
})
