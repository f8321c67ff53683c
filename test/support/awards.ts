import { expect } from '@jest/globals'
import pg from 'pg'
import { systemContext } from '../../src/common/context.js'
import { BooksService } from '../../src/modules/settlement/books/books.service.js'
import { bootApp } from './app.js'
import { accepted } from './draws.js'
import { bearer, CERTAIN_PPB, createLiveCampaign, type LiveCampaign, serverKey, type TestPrizeInput } from './fixtures.js'
import { gqlData } from './gql.js'
import { startReceiver } from './receiver.js'
import { eventually } from './rows.js'

export interface Award {
  id: string
  status: string
  version: number
  fulfilment: Record<'round' | 'attempt', number> & Record<'dueAt' | 'lastError' | 'reference', string | null> & { kind: string } | null
  history: Array<{ from: string; to: string; reason: string | null; attempt: number | null; actorKind: string }>
}
/** Of an action of the desk. */
export interface Result { id: string; refusal: string | null; award: { status: string } | null }

const AWARD = 'id status version fulfilment { kind round attempt dueAt lastError reference } history { from to reason attempt actorKind }'
export const RESULT = 'id refusal award { status }'
const PRIZE = { name: 'Prize', probabilityPpb: CERTAIN_PPB, stockTotal: 50, value: { amountMinor: 250, currency: 'CNY' } }

/** The whole product with receivers on this machine, whose retries take no time. */
export async function startAwards(given: Readonly<Record<string, string>> = {}) {
  const env = {
    FULFILMENT_PRIVATE_ADDRESSES: '1', FULFILMENT_RETRY_MS: '20,20,20,20,20', FULFILMENT_TIMEOUT_MS: '400', SWEEP_INTERVAL_MS: '50', FULFILMENT_BREAKER_MS: '0',
    ...given,
  }
  const app = await bootApp({ env })
  const owner = new pg.Client({ connectionString: app.databaseUrl })
  await owner.connect()
  const receivers: Array<Awaited<ReturnType<typeof startReceiver>>> = []

  const admin = <T>({ token }: Pick<LiveCampaign, 'token'>, query: string, variables: Record<string, unknown> = {}) =>
    gqlData<T>(app.adminGraphqlUrl, query, variables, bearer(token))
  const read = async (of: LiveCampaign, id: string) =>
    (await admin<{ award: Award }>(of, `query ($id: ID!) { award(id: $id) { ${AWARD} } }`, { id })).award

  return {
    app, owner, admin, read,
    receiver: async (...given: Parameters<typeof startReceiver>) => {
      const started = await startReceiver(...given)
      receivers.push(started)
      return started
    },
    /** A campaign in which every draw wins a prize that is fulfilled so. */
    live: (fulfilment: TestPrizeInput['fulfilment'], more: Partial<TestPrizeInput> = {}) =>
      createLiveCampaign(app, { prizes: [{ ...PRIZE, ...(fulfilment === undefined ? {} : { fulfilment }), ...more }] }),
    /** The award of a draw by `userId`. */
    win: async ({ tenant, campaign }: LiveCampaign, userId = 'ada', key = 'key'): Promise<string> => {
      const { draws: [draw] } = await accepted(app, serverKey(tenant), { campaignId: campaign.id, userId, idempotencyKey: key })
      return `A${draw!.id}`
    },
    becomes: (of: LiveCampaign, id: string, status: string) => eventually(async () => {
      const award = await read(of, id)
      expect(award.status).toBe(status)
      return award
    }),
    /** Books without grace: every consumer has had everything. */
    balanced: ({ tenant, campaign }: LiveCampaign) => eventually(async () => {
      const audit = await app.app.get(BooksService, { strict: false }).audit(systemContext(tenant.tenantId, 'test'), campaign.id, { strict: true })
      expect(audit).toMatchObject({ violations: [], unsettled: 0 })
    }),
    settled: (of: LiveCampaign, count = 1) => eventually(async () => {
      const { rows } = await owner.query(`SELECT count(*)::int AS n FROM draw WHERE campaign_id = $1 AND state = 'SETTLED'`, [of.campaign.id])
      expect(rows).toEqual([{ n: count }])
    }),
    /** Another process of the same product. */
    another: () => bootApp({ env, on: { databaseUrl: app.databaseUrl, redisUrl: app.redisUrl } }),
    close: async () => {
      await owner.end()
      await app.close()
      await Promise.all(receivers.map((receiver) => receiver.close()))
    },
  }
}

export type Awards = Awaited<ReturnType<typeof startAwards>>
