import { ask, type GraphqlClient } from '../../src/cli/rush/client.js'
import { CERTAIN_PPB, type TestCampaignInput } from './fixtures.js'

const HOUR_MS = 3_600_000
const FIELDS = '__typename ... on Campaign { id version } ... on VersionConflict { message } ... on InvalidCampaign { message problems { path message } }'
const CREATE = `mutation ($input: CreateCampaignInput!) { answer: createCampaign(input: $input) { ${FIELDS} } }`
const PUBLISH = `mutation ($id: ID!, $version: Int!) { answer: publishCampaign(id: $id, expectedVersion: $version) { ${FIELDS} } }`
/** Nobody can use it up. */
const PLENTY = 1_000_000

type Answer = { readonly answer: { readonly __typename: string; readonly id?: string; readonly version?: number } }

/** Some prizes run out while the servers fall, so that buckets fetch from each other; one lasts, so that wins go on. */
const CAMPAIGNS: ReadonlyArray<Pick<TestCampaignInput, 'mechanic' | 'prizes'> & Partial<TestCampaignInput>> = [
  {
    mechanic: 'LOTTERY',
    prizes: [
      { name: 'Bicycle', kind: 'PHYSICAL', probabilityPpb: CERTAIN_PPB / 20, stockTotal: 15, winsPerUser: 1 },
      { name: 'Headphones', kind: 'PHYSICAL', probabilityPpb: CERTAIN_PPB / 10, stockTotal: 40 },
      { name: 'Points', kind: 'POINTS', probabilityPpb: CERTAIN_PPB / 4, stockTotal: PLENTY },
    ],
  },
  {
    mechanic: 'FLASH_SALE',
    drawsPerUserTotal: 40,
    prizes: [
      { name: 'Television', kind: 'PHYSICAL', probabilityPpb: CERTAIN_PPB / 10, stockTotal: 20 },
      { name: 'Telephone', kind: 'PHYSICAL', probabilityPpb: CERTAIN_PPB / 5, stockTotal: 80 },
      { name: 'Voucher', kind: 'COUPON_CODE', probabilityPpb: (CERTAIN_PPB / 10) * 7, stockTotal: PLENTY },
    ],
  },
]

function made({ answer: { id, version, ...rest } }: Answer): { id: string; version: number } {
  if (id === undefined || version === undefined) throw new Error(`The campaign cannot be made: ${JSON.stringify(rest)}`)
  return { id, version }
}

/** A lottery and a flash sale over four buckets whose wins are durable before they are told; their ids. */
export async function openCrashCampaigns(admin: GraphqlClient): Promise<string[]> {
  const ids: string[] = []
  const now = Date.now()
  for (const given of CAMPAIGNS) {
    const input = {
      slug: `crash-${given.mechanic.toLowerCase().replace('_', '-')}`,
      name: `Crash ${given.mechanic}`,
      startsAt: new Date(now - 60_000).toISOString(),
      endsAt: new Date(now + 24 * HOUR_MS).toISOString(),
      durability: 'DURABLE_WINS',
      bucketCount: 4,
      ...given,
    }
    const draft = made(await ask<Answer>(admin, CREATE, { input }))
    ids.push(made(await ask<Answer>(admin, PUBLISH, draft)).id)
  }
  return ids
}
