import { queryOptions } from '@tanstack/react-query'
import { run } from '../../../api/client.js'
import { TenantPolicyDocument } from '../../../generated/graphql.js'

export const policyQuery = queryOptions({
  queryKey: ['settings', 'policy'], queryFn: async ({ signal }) => (await run(TenantPolicyDocument, {}, signal)).tenantPolicy,
})
