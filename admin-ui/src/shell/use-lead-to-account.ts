import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { useEnrolmentOwed } from '../session/enrolment-owed.js'

/**
 * Whether the reader is on his way to the account's page: until a second factor is enrolled, the API answers nothing else.
 * Led once for each time that he is elsewhere: a way that is begun anew at each rendering never ends.
 */
export function useLeadToAccount(isThere: boolean): boolean {
  const router = useRouter()
  const isLed = useEnrolmentOwed() && !isThere
  useEffect(() => {
    if (isLed) void router.navigate({ to: '/account', replace: true })
  }, [isLed, router])
  return isLed
}
