import { useTranslation } from 'react-i18next'
import { useReasonText } from '../../reasons/text.js'
import { paramsOf } from '../../reasons/told.js'
import { useErrorText } from '../../ui/error-text.js'
import { ChangeRefused } from './queries.js'

/** Why a change of a campaign came to nothing; undefined where it did not. */
export function useRefusedText(): (error: unknown) => string | undefined {
  const { t } = useTranslation('campaigns')
  const text = useErrorText()
  const say = useReasonText()
  return (error) => {
    if (error === null) return undefined
    if (!(error instanceof ChangeRefused)) return text(error).detail
    return error.kind === 'conflict' ? t('conflict') : error.problems.map(({ params, ...problem }) => say({ ...problem, params: paramsOf(params) })).join(' ')
  }
}
