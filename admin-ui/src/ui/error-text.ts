import { useTranslation } from 'react-i18next'
import { ApiError } from '../api/errors.js'
import { useKnownReason } from '../reasons/text.js'
import { toldBy } from '../reasons/told.js'

const SECOND_MS = 1_000

/** What a failure is called in the reader's language, and why: by the server's reason, in its own words where it gives none. */
export function useErrorText(): (error: unknown) => { title: string; detail: string } {
  const { t } = useTranslation()
  const known = useKnownReason()
  return (error) => {
    if (!(error instanceof ApiError)) return { title: t('error.INTERNAL'), detail: t('error.detail.INTERNAL') }
    const { code, message, details } = error
    const title = t(`error.${code}`)
    const why = known(toldBy(error))
    switch (code) {
      case 'RATE_LIMITED': return { title, detail: t('error.wait', { count: Math.max(1, Math.ceil((details.retryAfterMs ?? SECOND_MS) / SECOND_MS)) }) }
      case 'BAD_USER_INPUT': case 'CONFLICT': return { title, detail: why ?? message }
      case 'FORBIDDEN': return { title, detail: why ?? t('error.detail.FORBIDDEN') }
      default: return { title, detail: t(`error.detail.${code}`) }
    }
  }
}
