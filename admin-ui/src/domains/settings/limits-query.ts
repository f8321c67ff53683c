import { queryOptions } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { TenantLimitsDocument } from '../../generated/graphql.js'

/** How often the tenant may draw, and what any of its limits can be at the most. */
export const limitsQuery = queryOptions({
  queryKey: ['settings', 'limits'], queryFn: async ({ signal }) => (await run(TenantLimitsDocument, {}, signal)).tenantLimits,
})
