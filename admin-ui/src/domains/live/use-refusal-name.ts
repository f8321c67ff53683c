import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'

const CODES = [
  'CAMPAIGN_NOT_FOUND', 'IDEMPOTENCY_CONFLICT', 'RECOVERING', 'CAMPAIGN_NOT_STARTED', 'CAMPAIGN_ENDED', 'CAMPAIGN_PAUSED', 'BLOCKED', 'NOT_ELIGIBLE', 'TOO_FREQUENT',
  'QUOTA_EXCEEDED', 'NO_TICKETS', 'SOLD_OUT',
] as const

/** Why a draw was refused, in words; a reason that a newer server has is called by its code. */
export function useRefusalName(): (code: string) => string {
  const { t } = useTranslation('live')
  return useCallback((code) => {
    const known = CODES.find((each) => each === code)
    return known === undefined ? code : t(`refusal.${known}`)
  }, [t])
}
