import { ask, type GraphqlClient } from './client.js'
import { type RushMechanic, type RushSize, settingsOf } from './mechanics.js'
import { RushError } from './target.js'

const HOUR_MS = 3_600_000

const LOGIN = 'mutation ($email: String!, $password: String!) { login(email: $email, password: $password) { token } }'
const FIELDS = '__typename ... on Campaign { id version } ... on VersionConflict { message } ... on InvalidCampaign { message }'
const CREATE = `mutation ($input: CreateCampaignInput!) { answer: createCampaign(input: $input) { ${FIELDS} } }`
const PUBLISH = `mutation ($id: ID!, $version: Int!) { answer: publishCampaign(id: $id, expectedVersion: $version) { ${FIELDS} } }`
const END = `mutation ($id: ID!, $version: Int!) { answer: endCampaign(id: $id, expectedVersion: $version) { ${FIELDS} } }`

interface Made { readonly id: string; readonly version: number }
interface Answer { readonly answer: { readonly __typename: string; readonly message?: string } & Partial<Made> }

/** The session of an operator. Throws with the server's reason. */
export async function login(admin: GraphqlClient, operator: { email: string; password: string }): Promise<string> {
  return (await ask<{ login: { token: string } }>(admin, LOGIN, operator)).login.token
}

function made({ answer: { id, version, message, __typename } }: Answer): Made {
  if (id === undefined || version === undefined) throw new RushError(`The campaign of the rush cannot be made: ${message ?? __typename}`)
  return { id, version }
}

/** Publishes a campaign of the mechanic, made for so many draws and users. */
export async function openCampaign(admin: GraphqlClient, slug: string, mechanic: RushMechanic, size: RushSize): Promise<Made> {
  const now = Date.now()
  const input = {
    slug,
    name: `Rush of ${new Date(now).toISOString()}`,
    mechanic,
    // Of an INSTANT_WIN half of the moments have passed when the rush begins: their units wait to be won.
    startsAt: new Date(now - (mechanic === 'INSTANT_WIN' ? HOUR_MS : 60_000)).toISOString(),
    endsAt: new Date(now + (mechanic === 'INSTANT_WIN' ? HOUR_MS : 24 * HOUR_MS)).toISOString(),
    bucketCount: 8,
    drawsPerUserTotal: Math.ceil((size.draws / size.users) * 1.25),
    ...settingsOf(mechanic, size),
  }
  const draft = made(await ask<Answer>(admin, CREATE, { input }))
  return made(await ask<Answer>(admin, PUBLISH, draft))
}

/** What was made for the rush is taken out of the demonstration again. Returns whether it could be. */
export async function endCampaign(admin: GraphqlClient, campaign: Made): Promise<boolean> {
  return (await ask<Answer>(admin, END, campaign)).answer.__typename === 'Campaign'
}
