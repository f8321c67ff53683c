import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/errors.js'

const SECOND_MS = 1_000

/** What a failure is called in the reader's language, and the server's own words as the detail where they say more. */
export function useErrorText(): (error: unknown) => { title: string; detail: string } {
  const { t } = useTranslation()
  return (error) => {
    if (!(error instanceof ApiError)) return { title: t('error.INTERNAL'), detail: t('error.detail.INTERNAL') }
    const { code, message, details } = error
    const title = t(`error.${code}`)
    switch (code) {
      case 'RATE_LIMITED': return { title, detail: t('error.wait', { count: Math.max(1, Math.ceil((details.retryAfterMs ?? SECOND_MS) / SECOND_MS)) }) }
      case 'BAD_USER_INPUT': case 'CONFLICT': case 'NOT_FOUND': return { title, detail: message }
      default: return { title, detail: t(`error.detail.${code}`) }
    }
  }
}
