import { queryOptions, useMutation, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query'
import { run } from '../api/client.js'
import { LoginDocument, LogoutDocument, MeDocument, type MeFragment, type Permission } from '../generated/graphql.js'
import { setEnrolmentOwed } from './enrolment-owed.js'

export const meQuery = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => (await run(MeDocument, {}, signal)).me,
  staleTime: 60_000,
})

/** Of the signed-in operator. Below the shell there always is one. */
export function useMe(): MeFragment {
  const { data } = useQuery(meQuery)
  if (data === undefined) throw new Error('Nobody is signed in here')
  return data
}

export const useMay = (permission: Permission): boolean => useMe().permissions.includes(permission)

export function useLogin() {
  const client = useQueryClient()
  return useMutation({
    meta: { isLogin: true },
    mutationFn: async (given: { email: string; password: string; code: string | null }) => (await run(LoginDocument, given)).login,
    onSuccess: ({ operator, totpEnrolmentRequired }) => {
      setEnrolmentOwed(totpEnrolmentRequired)
      client.setQueryData(meQuery.queryKey, operator)
    },
  })
}

/** Ends the session on the server, and forgets here all that it showed. */
export async function signOut(client: QueryClient): Promise<void> {
  await run(LogoutDocument, {})
  setEnrolmentOwed(false)
  client.clear()
}
