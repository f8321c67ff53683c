import { queryOptions } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { ApiKeysDocument } from '../../generated/graphql.js'

export const apiKeysQuery = queryOptions({
  queryKey: ['api-keys'],
  queryFn: async ({ signal }) => (await run(ApiKeysDocument, {}, signal)).apiKeys,
})
