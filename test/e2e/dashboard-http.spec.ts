import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { packageRoot } from '../../src/platform/package-root.js'
import { bootApp, type TestApp } from '../support/app.js'
import { bearer, createTenant, login } from '../support/fixtures.js'

let app: TestApp
let token: string
const get = (path: string, headers: Record<string, string> = {}) => fetch(`${app.url}${path}`, { headers, redirect: 'manual' })
const post = async (body: object) => {
  const response = await fetch(app.adminGraphqlUrl, { method: 'POST', headers: { 'content-type': 'application/json', ...bearer(token) }, body: JSON.stringify(body) })
  const answer = (await response.json()) as { data?: unknown; errors?: Array<{ extensions: Record<string, unknown> }> }
  return { status: response.status, body: answer }
}

beforeAll(async () => {
  app = await bootApp()
  const tenant = await createTenant(app)
  token = await login(app, tenant.ownerEmail, tenant.ownerPassword)
})

afterAll(async () => {
  await app?.close()
})

describe('the dashboard’s page', () => {
  it.each(['/admin', '/admin/', '/admin/campaigns/01a2/prizes', '/admin/login?returnTo=%2Frisk'])('is there at %s, kept by nobody', async (path) => {
    const response = await get(path)
    expect([response.status, response.headers.get('cache-control'), response.headers.get('content-type')]).toEqual([200, 'no-store', 'text/html; charset=utf-8'])
    expect(await response.text()).toContain('<div id="root">')
  })

  it('lets scripts come from its own files alone, and styles by a nonce of this one answer', async () => {
    const [first, second] = [await get('/admin'), await get('/admin')]
    const policy = first.headers.get('content-security-policy') ?? ''
    const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
    expect(policy).toBe(
      `default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}'; img-src 'self' data:; font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
    )
    expect(nonce).toMatch(/^[\w+/]{22}==$/)
    expect(await first.text()).toContain(`nonce="${nonce}"`)
    expect(second.headers.get('content-security-policy')).not.toBe(policy)
    expect(first.headers.get('x-frame-options')).toBe('DENY')
    expect(first.headers.get('x-content-type-options')).toBe('nosniff')
    expect(first.headers.get('strict-transport-security')).toBeNull()
  })

  it('has files that are kept for good, in the shortest form that the browser takes', async () => {
    const script = /src="(\/admin\/assets\/[^"]+\.js)"/.exec(await (await get('/admin')).text())?.[1] ?? ''
    const shapes = await Promise.all(['br, gzip', 'gzip', 'identity', 'br;q=0, gzip;q=0.5'].map((accepted) => get(script, { 'accept-encoding': accepted })))
    expect(shapes.map(({ headers }) => headers.get('content-encoding'))).toEqual(['br', 'gzip', null, 'gzip'])
    expect(new Set(await Promise.all(shapes.map((shape) => shape.text()))).size).toBe(1)
    expect(shapes[0]?.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect(shapes[0]?.headers.get('vary')).toBe('accept-encoding')
    const again = await get(script, { 'if-none-match': shapes[0]?.headers.get('etag') ?? '' })
    expect([again.status, await again.text()]).toEqual([304, ''])
  })

  it.each(['/admin/assets/gone.js', '/admin/documents.json', '/admin/.stamp.json', '/admin/.vite/manifest.json', '/admin/..%2f..%2fpackage.json'])('never stands in for a file: %s', async (path) => {
    expect((await get(path)).status).toBe(404)
  })
})

describe('operations by the hash of their text', () => {
  const idOf = async (name: string) => {
    const documents = JSON.parse(await readFile(join(packageRoot, 'admin-ui', 'dist', 'documents.json'), 'utf8')) as Record<string, string>
    return Object.entries(documents).find(([, text]) => text.includes(`query ${name}`))?.[0] ?? ''
  }

  it('run as any other', async () => {
    const { status, body } = await post({ documentId: await idOf('Me') })
    expect([status, body]).toMatchObject([200, { data: { me: { role: 'OWNER', permissions: expect.arrayContaining(['MANAGE_API_KEYS', 'APPROVE']) } } }])
  })

  it.each([`sha256:${'0'.repeat(64)}`, 'Me', 7, '__proto__'])('are refused where they are not the dashboard’s: %s', async (documentId) => {
    const { status, body } = await post({ documentId })
    expect([status, body.errors?.[0]?.extensions.code, body.errors?.[0]?.extensions.field]).toEqual([400, 'BAD_USER_INPUT', 'documentId'])
  })

  it('stand beside the texts that others send', async () => { expect((await post({ query: '{ me { id } }' })).status).toBe(200) })
})
