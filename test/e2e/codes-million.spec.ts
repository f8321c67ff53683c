import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { newId } from '../../src/common/ids.js'
import { bootApp, type TestApp } from '../support/app.js'
import { poolsOf, upload } from '../support/codes.js'
import { bearer, CERTAIN_PPB, createLiveCampaign } from '../support/fixtures.js'
import { gqlData } from '../support/gql.js'

/** `CODE_ROWS=1000000 npm test -- test/e2e/codes-million.spec.ts` is the size that the product promises to import within a minute. */
const ROWS = Number(process.env.CODE_ROWS ?? 20_000)
const ROWS_PER_CHUNK = 2_000

let app: TestApp
beforeAll(async () => { app = await bootApp() })
afterAll(async () => { await app.close() })

function* fileOf(rows: number): Generator<Buffer> {
  yield Buffer.from('code,expiresAt\n')
  for (let n = 0; n < rows; n += ROWS_PER_CHUNK) {
    let chunk = ''
    for (let m = n; m < Math.min(rows, n + ROWS_PER_CHUNK); m++) chunk += `SPRING-${m.toString(36).toUpperCase().padStart(8, '0')},2190-01-01T00:00:00Z\n`
    yield Buffer.from(chunk)
  }
}

it(`imports ${ROWS} codes, tells how far it is, and finds each again`, async () => {
  const { campaign, token } = await createLiveCampaign(app, { prizes: [{ name: 'Coupon', kind: 'COUPON_CODE', probabilityPpb: CERTAIN_PPB, stockTotal: ROWS }] })
  const prizeId = campaign.prizes[0]!.id
  const id = newId()
  const seen: number[] = []
  const watching = setInterval(() => {
    gqlData<{ codeImport: { rows: number } | null }>(app.adminGraphqlUrl, 'query ($i: ID!) { codeImport(id: $i) { rows } }', { i: id }, bearer(token))
      .then(({ codeImport }) => { if (codeImport !== null) seen.push(codeImport.rows) }, () => undefined)
  }, 500)
  const timed = async (query: Record<string, string>) => {
    const beganAt = performance.now()
    const { body } = await upload(app, bearer(token), prizeId, Readable.from(fileOf(ROWS)), query)
    process.stderr.write(`${ROWS} rows${query.dryRun === '1' ? ', dry run' : ''}: ${((performance.now() - beganAt) / 1_000).toFixed(1)} s, ${body.state}\n`)
    return body
  }
  try {
    expect(await timed({ dryRun: '1' })).toMatchObject({ state: 'DONE', rows: ROWS, imported: 0 })
    expect(await timed({ id })).toMatchObject({ state: 'DONE', rows: ROWS, imported: ROWS })
    expect(await timed({})).toMatchObject({ state: 'REFUSED', rows: ROWS, imported: 0, errorCount: ROWS })
  } finally {
    clearInterval(watching)
  }
  process.stderr.write(`progress: ${seen.join(' ')}\n`)
  expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  expect(await poolsOf(app, token, campaign.id)).toMatchObject([{ imported: ROWS, free: ROWS, warnings: [] }])
}, 600_000)
