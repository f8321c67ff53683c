import { useRouter } from '@tanstack/react-router'
import { setExpired } from '../../session/expired.js'

/** After signing in on a page of its own: on to where somebody wanted to go. */
export function useEnter(returnTo = '/'): () => void {
  const router = useRouter()
  return () => {
    setExpired(false)
    router.history.push(`/admin${returnTo}`)
  }
}
