import { useQueryClient } from '@tanstack/react-query'
import { useRouter } from '@tanstack/react-router'
import { useToast } from '../ui/toast.js'
import { signOut } from './session.js'

/** Signs out, and goes where one signs in. */
export function useLeave(): () => void {
  const client = useQueryClient()
  const router = useRouter()
  const toast = useToast()
  return () => {
    signOut(client).then(() => router.navigate({ to: '/login' })).catch(toast.failed)
  }
}
