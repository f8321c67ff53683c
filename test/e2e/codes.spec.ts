import { Readable } from 'node:stream'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { newId } from '../../src/common/ids.js'
import { SqlService } from '../../src/platform/prisma/sql.service.js'
import { bootApp, type TestApp } from '../support/app.js'
import { csv, POOL_FIELDS, poolsOf, upload } from '../support/codes.js'
import { BALANCED, type DeviceTokens, deviceTokens, settledBooks } from '../support/draws.js'
import { bearer, CERTAIN_PPB, createCampaign, createLiveCampaign, createTenant, type LiveCampaign, login, serverKey, type TestCampaignInput } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { eventually } from '../support/rows.js'

const FIELDS = 'id userId state award { id status code codeExpiresAt }'
const DRAW = `mutation ($c: ID!, $u: ID, $k: ID!) { draw(input: { campaignId: $c, userId: $u, idempotencyKey: $k }) { __typename ... on DrawAccepted { draws { ${FIELDS} } } } }`
const coupon = (over: Partial<TestCampaignInput> = {}): Partial<TestCampaignInput> =>
  ({ prizes: [{ name: 'Coupon', kind: 'COUPON_CODE', probabilityPpb: CERTAIN_PPB, stockTotal: 1_000 }], ...over })

interface AwardSeen { id: string; status: string; code: string | null; codeExpiresAt: string | null }
interface Drawn { id: string; userId: string; state: string; award: AwardSeen | null }

let first: TestApp
let app: TestApp
let live: LiveCampaign
let devices: DeviceTokens
const prizeOf = ({ campaign }: LiveCampaign) => campaign.prizes[0]!.id

beforeAll(async () => {
  first = app = await bootApp()
  live = await createLiveCampaign(app, coupon())
  devices = await deviceTokens(app, live.tenant, live.token)
})
afterAll(async () => {
  await app.stop()
  await first.close()
})

const send = (file: string | Readable, query: Record<string, string> = {}, of = live) =>
  upload(app, bearer(of.token), prizeOf(of), file, query)
const pool = async (of = live) => (await poolsOf(app, of.token, of.campaign.id))[0]!
async function win(userId: string, of = live, headers = serverKey(of.tenant)): Promise<Drawn> {
  const { draw } = await gqlData<{ draw: { draws: Drawn[] } }>(app.graphqlUrl, DRAW, { c: of.campaign.id, u: userId, k: newId() }, headers)
  return draw.draws[0]!
}
const read = async (drawId: string, headers: Record<string, string>) =>
  (await gqlData<{ draw: Drawn | null }>(app.graphqlUrl, `query ($d: ID!) { draw(id: $d) { ${FIELDS} } }`, { d: drawId }, headers)).draw

describe('an import', () => {
  it('tries a file first, and changes nothing by it', async () => {
    const { status, body } = await send(csv(['A-1', 'A-2']), { dryRun: '1' })
    expect([status, body]).toMatchObject([200, { state: 'DONE', dryRun: true, rows: 2, imported: 0, errorCount: 0 }])
    expect(await pool()).toMatchObject({ imported: 0, free: 0, warnings: ['The stock is 1000, but there are 0 codes for it: the last 1000 winners would wait for theirs'] })
  })

  it('takes all of a good file, and tells how far it is by a name of the caller’s', async () => {
    const id = newId()
    const { status, body } = await send(csv(Array.from({ length: 600 }, (_, n) => `CODE-${n}`), '2190-01-01T00:00:00+08:00'), { id })
    expect([status, body]).toMatchObject([200, { id, state: 'DONE', dryRun: false, rows: 600, imported: 600 }])
    expect(await pool()).toMatchObject({ imported: 600, free: 600, assigned: 0, waitingAwards: 0 })
    const found = await gqlData(app.adminGraphqlUrl, 'query ($i: ID!) { codeImport(id: $i) { id prizeId state rows imported errorCount } }', { i: id }, bearer(live.token))
    expect(found).toEqual({ codeImport: { id, prizeId: prizeOf(live), state: 'DONE', rows: 600, imported: 600, errorCount: 0 } })
    const again = await send(csv(['OTHER']), { id })
    expect(again.body.errors[0]?.extensions?.code).toBe('CONFLICT')
  })

  it('takes nothing of a bad one, and says of each row what is wrong with it', async () => {
    const file = 'code,expiresAt\nNEW-1,\nCODE-3,\nNEW-1,\n,\nNEW-2,2001-01-01T00:00:00Z\nNEW-3,soon\n"NEW,4",\nNEW-5,,\n'
    for (const dryRun of ['1', '0']) {
      const { status, body } = await send(file, { dryRun })
      expect([status, body.state, body.imported, body.errorCount]).toEqual([422, 'REFUSED', 0, 6])
      expect(body.errors).toEqual([
        { line: 3, message: 'the pool has this code already' },
        { line: 4, message: 'the same code as in line 2' },
        { line: 5, message: 'has no code' },
        { line: 6, message: 'expiresAt has passed' },
        { line: 7, message: 'expiresAt must be ISO 8601 with a time and an offset, as 2026-11-11T00:00:00Z, or empty' },
        { line: 9, message: 'has 3 columns; a code, and when it expires, are all that it may have' },
      ])
    }
    expect(await pool()).toMatchObject({ imported: 600, free: 600 })
  })

  it('keeps a hundred errors of many', async () => {
    const { body } = await send(csv(Array.from({ length: 5_000 }, (_, n) => `CODE-${n % 600}`)))
    expect([body.state, body.rows, body.errorCount, body.errors.length, (body.errors[99] as unknown as { line: number }).line]).toEqual(['REFUSED', 5_000, 5_000, 100, 101])
  })

  it('runs one at a time in a tenant, and fails when its upload breaks off', async () => {
    const id = newId()
    const slow = new Readable({ read() { /* what is pushed below is all that comes */ } })
    const abort = new AbortController()
    const running = fetch(`${app.url}/admin/codes/import?prizeId=${prizeOf(live)}&id=${id}`, {
      method: 'POST', headers: { 'content-type': 'text/csv', ...bearer(live.token) }, body: Readable.toWeb(slow), duplex: 'half', signal: abort.signal,
    } as RequestInit).catch(() => 'broken off')
    const state = async () => (await gqlData<{ codeImport: { state: string; message: string | null } | null }>(
      app.adminGraphqlUrl, 'query ($i: ID!) { codeImport(id: $i) { state message } }', { i: id }, bearer(live.token))).codeImport
    slow.push(csv(['HALF-1']))
    await eventually(async () => { expect(await state()).toEqual({ state: 'RUNNING', message: null }) })
    expect((await send(csv(['B-1']))).body.errors[0]?.extensions?.code).toBe('CONFLICT')
    abort.abort()
    expect(await running).toBe('broken off')
    await eventually(async () => { expect(await state()).toEqual({ state: 'FAILED', message: 'The upload ended before the file did' }) })
    expect((await pool()).imported).toBe(600)
  })

  it.each<[string, string, Record<string, string>, Record<string, string>, number, string, string | undefined]>([
    ['nobody', 'code\nX\n', {}, {}, 401, 'UNAUTHENTICATED', undefined],
    ['a page of another site', 'code\nX\n', { cookie: '__Host-drawbridge=x', origin: 'https://evil.example' }, {}, 403, 'FORBIDDEN', undefined],
    ['another content type', 'code\nX\n', { 'content-type': 'application/json' }, {}, 415, 'BAD_USER_INPUT', 'Content-Type'],
    ['a flag that is none', 'code\nX\n', {}, { dryRun: 'perhaps' }, 400, 'BAD_USER_INPUT', 'dryRun'],
    ['a parameter that is none', 'code\nX\n', {}, { dry: '1' }, 400, 'BAD_USER_INPUT', 'dry'],
    ['an id that is none', 'code\nX\n', {}, { id: 'x' }, 400, 'BAD_USER_INPUT', 'id'],
    ['no such prize', 'code\nX\n', {}, { prizeId: newId() }, 400, 'NOT_FOUND', undefined],
  ])('refuses %s', async (what, file, headers, query, status, code, field) => {
    const signed = what === 'nobody' || 'cookie' in headers ? headers : { ...bearer(live.token), ...headers }
    const { status: given, body } = await upload(app, signed, prizeOf(live), file, query)
    expect([given, body.errors[0]?.extensions]).toMatchObject([status, { code, ...(field === undefined ? {} : { field }) }])
  })

  it('refuses a prize that gives no codes, and a file without a header', async () => {
    const other = await createCampaign(app, live.token)
    const { status, body } = await upload(app, bearer(live.token), other.prizes[0]!.id, csv(['X']))
    expect([status, body.errors[0]?.extensions?.field]).toEqual([400, 'prizeId'])
    expect((await send('X-1\nX-2\n')).body.errors).toEqual([{ line: 1, message: 'the first line must name the columns: code, or code,expiresAt' }])
    expect((await send('')).body).toMatchObject({ state: 'REFUSED', message: 'The file is empty' })
  })
})

describe('a code', () => {
  it('is its winner’s and the tenant’s server’s, at once, and nobody else’s', async () => {
    const ada = await devices.headers('ada')
    const won = await win('ada', live, ada)
    expect(won.award).toMatchObject({ status: 'GRANTED', code: 'CODE-0', codeExpiresAt: '2189-12-31T16:00:00.000Z' })
    const next = await win('bob')
    expect(next.award?.code).toBe('CODE-1')
    expect((await read(won.id, serverKey(live.tenant)))?.award?.code).toBe('CODE-0')
    expect((await read(next.id, await devices.headers('bob')))?.award?.code).toBe('CODE-1')
    expect(await read(next.id, ada)).toBeNull()
    const mine = await gqlData<{ draws: { edges: Array<{ node: Drawn }> } }>(
      app.graphqlUrl, `query ($c: ID!) { draws(campaignId: $c) { edges { node { ${FIELDS} } } } }`, { c: live.campaign.id }, ada)
    expect(mine.draws.edges.map(({ node }) => node.award?.code)).toEqual(['CODE-0'])
  })

  it('is the same after its draw is settled, and for the same key', async () => {
    const key = newId()
    const draw = async () => (await gqlData<{ draw: { draws: Drawn[] } }>(app.graphqlUrl, DRAW, { c: live.campaign.id, u: 'cleo', k: key }, serverKey(live.tenant))).draw.draws[0]!
    const first = await draw()
    await settledBooks(app, live)
    expect((await draw()).award?.code).toBe(first.award?.code)
    await eventually(async () => { // what was just answered is remembered for a second
      expect(await read(first.id, serverKey(live.tenant))).toMatchObject({ state: 'SETTLED', award: { code: first.award!.code } })
    })
  })

  it('does not go with an award that was taken back, and is given to nobody else', async () => {
    const won = await win('dora')
    await settledBooks(app, live)
    const revoke = 'mutation ($ids: [ID!]!) { revokeAwards(ids: $ids, reason: "test", stock: RETURN_TO_VAULT, idempotencyKey: "dora") { refusal } }'
    expect(await gqlData(app.adminGraphqlUrl, revoke, { ids: [`A${won.id}`] }, bearer(live.token))).toEqual({ revokeAwards: [{ refusal: null }] })
    expect((await eventually(async () => {
      const seen = await read(won.id, serverKey(live.tenant))
      expect(seen?.award?.code).toBeNull()
      return seen
    }))?.id).toBe(won.id)
    expect((await win('emil')).award?.code).not.toBe(won.award!.code)
  })

  it('is nobody’s in another tenant, and no operator’s', async () => {
    const won = await win('fay')
    const stranger = await createTenant(app)
    expect(await read(won.id, serverKey(stranger))).toBeNull()
    const token = await login(app, stranger.ownerEmail, stranger.ownerPassword)
    expect((await upload(app, bearer(token), prizeOf(live), csv(['THEIRS']))).body.errors[0]?.extensions?.code).toBe('NOT_FOUND')
    const { body } = await gql(app.adminGraphqlUrl, 'query ($c: ID!) { draws(campaignId: $c) { edges { node { award { code } } } } }', { c: live.campaign.id }, bearer(live.token))
    expect(body.errors?.[0]?.extensions?.code).toBe('BAD_USER_INPUT')
  })

  it('stands nowhere in the clear', async () => {
    const won = await win('gus')
    await settledBooks(app, live)
    const text = await app.app.get(SqlService, { strict: false }).tenant(live.tenant.tenantId, async (sql) => {
      const parts: string[] = []
      for (const table of ['prize_code', 'code_block', 'code_import', 'audit_log', 'award', 'draw', 'wallet_item', 'consumed_event']) {
        const { rows } = await sql.query<{ text: string }>(`SELECT coalesce(string_agg(t::text, ' '), '') AS text FROM ${table} t`)
        parts.push(rows[0]!.text)
      }
      return parts.join('\n')
    })
    expect(text).toContain('code-pool.imported')
    const code = won.award!.code!
    for (const form of [code, Buffer.from(code).toString('hex'), Buffer.from(code).toString('base64').replaceAll('=', '')]) expect(text).not.toContain(form)
  })

  it('comes with settlement in a FAST campaign', async () => {
    const fast = await createLiveCampaign(app, coupon({ durability: 'FAST', bucketCount: 4 }))
    await send(csv(Array.from({ length: 40 }, (_, n) => `F-${n}`)), {}, fast)
    const won = await Promise.all(Array.from({ length: 30 }, (_, n) => win(`user-${n}`, fast)))
    const codes = await eventually(async () => {
      const seen = await Promise.all(won.map(({ id }) => read(id, serverKey(fast.tenant))))
      expect(seen.every((draw) => draw?.award?.code != null)).toBe(true)
      return seen.map((draw) => draw!.award!.code)
    })
    expect(new Set(codes).size).toBe(30)
    expect(await settledBooks(app, fast)).toMatchObject(BALANCED)
  })
})

describe('a pool', () => {
  it('that came late, or is empty, serves who has waited longest', async () => {
    const late = await createLiveCampaign(app, coupon())
    const before = [await win('ada', late), await win('bob', late)]
    expect(before.map(({ award }) => award?.code)).toEqual([null, null])
    await send(csv(['L-1', 'L-2', 'L-3']), {}, late)
    const codeOf = async ({ id }: Drawn) => (await read(id, serverKey(late.tenant)))?.award?.code ?? null
    const codesOf = (draws: Drawn[]) => Promise.all(draws.map(codeOf))
    await eventually(async () => { expect(await codesOf(before)).toEqual(['L-1', 'L-2']) })
    const after = [await win('cleo', late), await win('dora', late), await win('emil', late)]
    expect(after.map(({ award }) => award?.code)).toEqual(['L-3', null, null])
    expect(await pool(late)).toMatchObject({ imported: 3, assigned: 3, free: 0, waitingAwards: 2 })
    await send(csv(['L-4', 'L-5', 'L-6']), {}, late)
    await eventually(async () => { expect(await codesOf(after)).toEqual(['L-3', 'L-4', 'L-5']) })
    expect(await pool(late)).toMatchObject({ imported: 6, assigned: 5, free: 1, waitingAwards: 0 })
    expect(await settledBooks(app, late)).toMatchObject(BALANCED)
  })

  it('alarms once for each time that it runs low, until codes come', async () => {
    const low = await createLiveCampaign(app, coupon())
    await send(csv(['A', 'B', 'C']), {}, low)
    const set = `mutation ($p: ID!, $n: Int) { setCodeLowStock(prizeId: $p, lowStockAt: $n) { ${POOL_FIELDS} } }`
    const variables = { p: prizeOf(low), n: 2 }
    const { setCodeLowStock } = await gqlData<{ setCodeLowStock: object }>(app.adminGraphqlUrl, set, variables, bearer(low.token))
    expect(setCodeLowStock).toMatchObject({ lowStockAt: 2, lowStock: false, free: 3 })
    await win('ada', low)
    await eventually(async () => { expect((await pool(low)).lowStock).toBe(true) })
    await win('bob', low)
    await send(csv(['D', 'E', 'F']), {}, low)
    await eventually(async () => { expect((await pool(low)).lowStock).toBe(false) })
    const facts = await app.app.get(SqlService, { strict: false }).tenant(low.tenant.tenantId, async (sql) => [
      (await sql.query('SELECT low_stock_at, free, cleared_at IS NOT NULL AS cleared FROM code_alarm')).rows,
      (await sql.query(`SELECT action, before, after FROM audit_log WHERE action LIKE 'code-pool.t%'`)).rows,
    ])
    expect(facts).toEqual([[{ low_stock_at: 2, free: 2, cleared: true }], [{ action: 'code-pool.threshold-set', before: { lowStockAt: null }, after: { lowStockAt: 2 } }]])
    const { body } = await gql(app.adminGraphqlUrl, set, { p: prizeOf(low), n: -1 }, bearer(low.token))
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'lowStockAt' })
  })

  it('is emptied of what nobody has, and stays so', async () => {
    const emptied = await createLiveCampaign(app, coupon())
    await send(csv(['V-1', 'V-2', 'V-3']), {}, emptied)
    const won = await win('ada', emptied)
    const empty = `mutation ($p: ID!, $r: String!) { voidCodes(prizeId: $p, reason: $r) { ${POOL_FIELDS} } }`
    const { voidCodes } = await gqlData<{ voidCodes: object }>(app.adminGraphqlUrl, empty, { p: prizeOf(emptied), r: 'the shop changed' }, bearer(emptied.token))
    expect(voidCodes).toMatchObject({ imported: 3, assigned: 1, free: 0, voided: 2 })
    expect((await win('bob', emptied)).award?.code).toBeNull()
    expect((await read(won.id, serverKey(emptied.tenant)))?.award?.code).toBe('V-1')
    expect((await send(csv(['V-2']), {}, emptied)).body.state).toBe('REFUSED')
    const { body } = await gql(app.adminGraphqlUrl, empty, { p: prizeOf(emptied), r: ' ' }, bearer(emptied.token))
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field: 'reason' })
  })

  it('goes through a restart of the process without giving a code twice', async () => {
    const all = await createLiveCampaign(app, coupon())
    await send(csv(Array.from({ length: 50 }, (_, n) => `R-${n}`)), {}, all)
    const draws = await Promise.all(Array.from({ length: 20 }, (_, n) => win(`user-${n}`, all)))
    await app.stop()
    app = await bootApp({ on: app })
    draws.push(...await Promise.all(Array.from({ length: 20 }, (_, n) => win(`late-${n}`, all))))
    await settledBooks(app, all)
    const codes = await Promise.all(draws.map(async ({ id }) => (await read(id, serverKey(all.tenant)))?.award?.code))
    expect(new Set(codes.filter((code) => code != null)).size).toBe(40)
    expect(await settledBooks(app, all)).toMatchObject(BALANCED)
    expect(await settledBooks(app, live)).toMatchObject(BALANCED)
  })
})
