import type { TestApp } from './app.js'
import { bearer } from './fixtures.js'
import { gqlData } from './gql.js'

export interface TestKey {
  readonly id: string
  readonly headers: Record<string, string>
}

/** A TEST key of the tenant whose owner's session this is. */
export async function createTestKey(app: TestApp, token: string): Promise<TestKey> {
  const query = 'mutation { createApiKey(name: "Tests", kind: TEST) { secret key { id } } }'
  interface Created { createApiKey: { secret: string; key: { id: string } } }
  const { createApiKey } = await gqlData<Created>(app.adminGraphqlUrl, query, {}, bearer(token))
  return { id: createApiKey.key.id, headers: { 'x-api-key': createApiKey.secret } }
}
