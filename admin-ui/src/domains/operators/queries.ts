import { queryOptions } from '@tanstack/react-query'
import { run } from '../../api/client.js'
import { InvitationsDocument, OperatorsDocument, type Role } from '../../generated/graphql.js'

export const ROLES = ['OWNER', 'MANAGER', 'REVIEWER', 'ANALYST'] as const satisfies readonly Role[]

/** Of all that was read about operators. */
export const OPERATORS_KEY = ['operators'] as const

export const operatorsQuery = queryOptions({
  queryKey: [...OPERATORS_KEY, 'list'], queryFn: async ({ signal }) => (await run(OperatorsDocument, {}, signal)).operators,
})

export const invitationsQuery = queryOptions({
  queryKey: [...OPERATORS_KEY, 'invitations'], queryFn: async ({ signal }) => (await run(InvitationsDocument, {}, signal)).invitations,
})
