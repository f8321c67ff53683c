import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { parse } from 'csv-parse/sync'
import { entryOfJson, jsonOfEntry, verifyChain } from '../../src/modules/tenancy/domain/audit-chain.js'
import { bootApp, type TestApp } from '../support/app.js'
import { asOwner } from '../support/database.js'
import { inParallel } from '../support/draws.js'
import { bearer, createCampaign, createLiveCampaign, type LiveCampaign, moveCampaign } from '../support/fixtures.js'
import { gql, gqlData } from '../support/gql.js'
import { eventually } from '../support/rows.js'

interface Entry {
  seq: number
  at: string
  action: string
  actorKind: string
  actorId: string
  subjectKind: string
  subjectId: string
  campaignId: string | null
  before: string | null
  after: string | null
  reason: string | null
  ip: string | null
  previousHash: string
  hash: string
}
interface Log { edges: Array<{ cursor: string; node: Entry }>; pageInfo: { hasNextPage: boolean; endCursor: string | null } }

const FIELDS = 'seq at action actorKind actorId subjectKind subjectId campaignId before after reason requestId ip previousHash hash'
const FORMULA = '=HYPERLINK("https://evil.example")'

let app: TestApp
let of: LiveCampaign
let other: LiveCampaign

const ask = <T>(query: string, variables: Record<string, unknown> = {}) =>
  gqlData<T>(app.adminGraphqlUrl, query, variables, bearer(of.token))
const log = async (variables: Record<string, unknown> = {}): Promise<Log> => (await ask<{ auditLog: Log }>(
  `query ($f: AuditFilter, $n: Int, $a: String) { auditLog(filter: $f, first: $n, after: $a) { edges { cursor node { ${FIELDS} } } pageInfo { hasNextPage endCursor } } }`, variables)).auditLog
const nodes = async (filter: Record<string, unknown>) => (await log({ f: filter, n: 100 })).edges.map(({ node }) => node)
const head = async () => (await ask<{ auditHead: { seq: number; hash: string } }>('{ auditHead { seq hash } }')).auditHead
const download = (query: Record<string, string>) =>
  fetch(`${app.url}/admin/audit/export?${new URLSearchParams(query)}`, { headers: bearer(of.token) })

beforeAll(async () => {
  app = await bootApp()
  of = await createLiveCampaign(app)
  other = await createLiveCampaign(app)
  const paused = await moveCampaign(app, of.token, 'pause', of.campaign)
  await moveCampaign(app, of.token, 'resume', paused)
  await createCampaign(app, of.token, { name: FORMULA, slug: 'formula' })
  await ask(`mutation { addRiskEntry(input: { list: BLOCK, subject: PARTICIPANT, value: "-eve", reason: "'=1+1 \\"quoted\\", twice" }) { id } }`)
})
afterAll(() => app.close())

describe('the audit log of operators', () => {
  it('tells every change, newest first, page by page, and nobody else’s', async () => {
    const all: Entry[] = []
    for (let after: string | null = null, more = true; more;) {
      const page: Log = await log({ n: 3, a: after })
      all.push(...page.edges.map(({ node }) => node))
      after = page.pageInfo.endCursor
      more = page.pageInfo.hasNextPage
    }
    expect(all.map(({ seq }) => seq)).toEqual(all.map((_, n) => all.length - n))
    expect(all.map(({ action }) => action)).toEqual([
      'risk-entry.added', 'campaign.created', 'campaign.resumed', 'campaign.paused', 'campaign.published', 'campaign.created', 'session.opened',
      'api-key.created', 'operator.added', 'tenant.created',
    ])
    expect(await head()).toEqual({ seq: 10, hash: all[0]!.hash })
    expect(all.slice(1).map(({ hash }) => hash)).toEqual(all.slice(0, -1).map(({ previousHash }) => previousHash))
    const paused = all.find(({ action }) => action === 'campaign.paused')!
    expect(paused).toMatchObject({ actorKind: 'operator', subjectKind: 'campaign', subjectId: of.campaign.id, campaignId: of.campaign.id, ip: '127.0.0.1' })
    const { id, slug } = of.campaign
    const named = { id, slug, name: `Campaign ${slug}` }
    expect([JSON.parse(paused.before!), JSON.parse(paused.after!)]).toEqual([{ ...named, status: 'ACTIVE', version: 2 }, { ...named, status: 'PAUSED', version: 3 }])
    expect(JSON.stringify(all)).not.toContain(other.campaign.id)
  })

  it('finds by actor, action, subject, campaign and time', async () => {
    const { me } = await ask<{ me: { id: string } }>('{ me { id } }')
    const [newest] = await nodes({})
    const actions = async (filter: Record<string, unknown>) => (await nodes(filter)).map(({ action }) => action)
    expect(await actions({ actorId: 'tests' })).toEqual(['api-key.created', 'operator.added', 'tenant.created'])
    expect(await actions({ actorId: me.id, action: 'campaign.paused' })).toEqual(['campaign.paused'])
    expect(await actions({ action: 'campaign.' })).toEqual(['campaign.created', 'campaign.resumed', 'campaign.paused', 'campaign.published', 'campaign.created'])
    expect(await actions({ action: 'campaign' })).toEqual([])
    expect(await actions({ action: 'campaign_paused' })).toEqual([])
    expect(await actions({ campaignId: of.campaign.id })).toEqual(['campaign.resumed', 'campaign.paused', 'campaign.published', 'campaign.created'])
    expect(await actions({ subjectKind: 'operator', subjectId: me.id })).toEqual(['operator.added'])
    expect(await actions({ subjectId: other.campaign.id })).toEqual([])
    expect(await actions({ campaignId: 'none' })).toEqual([])
    const paused = (await nodes({ action: 'campaign.paused' }))[0]!
    expect(await actions({ from: paused.at, to: newest!.at, action: 'campaign.' })).toEqual(['campaign.created', 'campaign.resumed', 'campaign.paused'])
    expect(await actions({ to: paused.at })).not.toContain('campaign.paused')
    expect(await actions({ from: new Date(Date.now() + 60_000).toISOString() })).toEqual([])
  })

  it.each<[string, Record<string, unknown>, string]>([
    ['none at all', { n: 0 }, 'first'], ['too many', { n: 101 }, 'first'], ['no cursor', { a: 'x' }, 'after'],
    ['a cursor of another list', { a: Buffer.from('quarantined:1').toString('base64url') }, 'after'], ['a long text', { f: { actorId: 'x'.repeat(201) } }, 'filter.actorId'],
  ])('refuses %s', async (_what, variables, field) => {
    const query = 'query ($f: AuditFilter, $n: Int, $a: String) { auditLog(filter: $f, first: $n, after: $a) { pageInfo { hasNextPage } } }'
    const { body } = await gql(app.adminGraphqlUrl, query, variables, bearer(of.token))
    expect(body.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT', field })
  })
})

describe('the audit log as a file', () => {
  it('as JSON lines is the whole chain, and the export is its last entry', async () => {
    const jobs = Array.from({ length: 250 }, (_, n) => () => ask(`mutation { setVelocityRules(rules: [{ subject: IP, windowSeconds: 60, drawsMax: ${n + 1} }]) { drawsMax } }`))
    await inParallel(jobs, 4)
    const response = await download({ format: 'jsonl' })
    expect([response.status, response.headers.get('cache-control'), response.headers.get('content-type')]).toEqual([200, 'no-store', 'application/jsonl; charset=utf-8'])
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="audit-\d{4}-\d\d-\d\d\.jsonl"$/)
    const lines = (await response.text()).split('\n')
    expect(lines.pop()).toBe('')
    const entries = lines.map((line) => entryOfJson(line)!)
    expect(entries.map(jsonOfEntry)).toEqual(lines)
    const noted = await head()
    expect(await verifyChain((async function* () { yield* entries })(), [noted])).toEqual({ entries: noted.seq, last: noted, broken: null })
    expect(entries.at(-1)).toMatchObject({ seq: noted.seq, action: 'audit-log.exported', actorKind: 'operator', after: { format: 'JSONL' }, ip: '127.0.0.1' })
    expect(entries.length).toBeGreaterThan(250)
  })

  it('as CSV reads back as it was, and no cell of it is a formula', async () => {
    const response = await download({ action: 'campaign.', format: 'csv' })
    expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    const text = await response.text()
    const rows = parse(text, { columns: true, record_delimiter: '\r\n' }) as Array<Record<string, string>>
    expect(rows.map(({ action }) => action)).toEqual(['campaign.created', 'campaign.published', 'campaign.paused', 'campaign.resumed', 'campaign.created'])
    const all = parse(await (await download({})).text(), { columns: true, record_delimiter: '\r\n' }) as Array<Record<string, string>>
    expect(all.flatMap((row) => Object.values(row)).filter((cell) => /^[=+\-@\t\r\n]/.test(cell))).toEqual([])
    const plain = (cell: string) => (cell.startsWith("'") ? cell.slice(1) : cell)
    const told = new Map((await nodes({})).map((node) => [node.seq, node]))
    for (const row of all.slice(-50)) {
      const node = told.get(Number(row.seq))!
      const names = ['at', 'action', 'actorKind', 'actorId', 'subjectKind', 'subjectId', 'campaignId', 'before', 'after', 'reason', 'requestId', 'ip', 'previousHash', 'hash'] as const
      for (const name of names) expect([name, plain(row[name]!)]).toEqual([name, (node as unknown as Record<string, string | null>)[name] ?? ''])
    }
    const risk = all.find(({ action }) => action === 'risk-entry.added')!
    expect([risk.reason, plain(risk.reason!)]).toEqual([`''=1+1 "quoted", twice`, `'=1+1 "quoted", twice`])
    expect(all.find(({ action, after }) => action === 'campaign.created' && after!.includes('HYPERLINK'))!.after).toContain(JSON.stringify(FORMULA))
    expect((await nodes({ action: 'audit-log.exported' })).map(({ after }) => JSON.parse(after!) as unknown)).toEqual([
      { format: 'CSV' }, { format: 'CSV', filter: { action: 'campaign.' } }, { format: 'JSONL' },
    ])
  })

  it.each<[Record<string, string>, string]>([
    [{ format: 'xml' }, 'format'], [{ since: '2026' }, 'since'], [{ from: 'yesterday' }, 'from'], [{ actorId: 'x'.repeat(201) }, 'filter.actorId'],
  ])('refuses %j, and logs nothing', async (query, field) => {
    const before = await head()
    const response = await download(query)
    const { errors: [error] } = await response.json() as { errors: Array<{ extensions: object }> }
    expect([response.status, error!.extensions]).toMatchObject([400, { code: 'BAD_USER_INPUT', field }])
    expect(await head()).toEqual(before)
  })

  it('is two files at a time in a process, and lets go of those that nobody reads to their end', async () => {
    // More than what lies between the two of us holds.
    await asOwner(app.databaseUrl, (client) => client.query(
      `INSERT INTO audit_log (tenant_id, actor_kind, action, subject_kind, subject_id, after)
       SELECT $1, 'system', 'tests.filled', 'x', n::text, jsonb_build_object('text', repeat('x', 90000)) FROM generate_series(1, 300) n`, [of.tenant.tenantId]))
    for (let n = 0; n < 3; n++) {
      const aborting = new AbortController()
      const unread = () => fetch(`${app.url}/admin/audit/export`, { headers: bearer(of.token), signal: aborting.signal })
      expect([(await unread()).status, (await unread()).status]).toEqual([200, 200])
      const refused = await download({})
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10'])
      aborting.abort()
      await eventually(async () => {
        const response = await download({ action: 'tenant.' })
        expect([response.status, (await response.text()).split('\r\n').length]).toEqual([200, 3])
      })
    }
    expect((await (await download({})).text()).length).toBeGreaterThan(300 * 90_000)
  })
})
