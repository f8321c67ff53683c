import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query'
import { isApiError } from '../api/errors.js'
import { setEnrolmentOwed } from '../session/enrolment-owed.js'
import { setExpired } from '../session/expired.js'

const RETRIES_MAX = 2

function watchSession(error: unknown, isLogin: boolean): void {
  if (isApiError(error, 'FORBIDDEN') && error.details.reason === 'TOTP_ENROLMENT_REQUIRED') setEnrolmentOwed(true)
  if (!isLogin && isApiError(error, 'UNAUTHENTICATED')) setExpired(true)
}

/** What waiting a moment may mend; a refusal stays one however often it is asked. */
const isPassing = (error: unknown) => isApiError(error, 'NETWORK', 'OVERLOADED')

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => { watchSession(error, query.queryKey[0] === 'me') } }),
  mutationCache: new MutationCache({
    onError: (error, _variables, _context, mutation) => { watchSession(error, mutation.options.meta?.isLogin === true) },
  }),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (failures, error) => failures < RETRIES_MAX && isPassing(error),
      retryDelay: (attempt) => 500 * 2 ** attempt,
    },
    // A change is sent once: what became of one without an answer is for its author to see.
    mutations: { retry: false },
  },
})
