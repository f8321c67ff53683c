import { useTranslation } from 'react-i18next'
import { useReasonText } from '../../reasons/text.js'
import type { Problem } from './input.js'

/** What is wrong, for who reads it. */
export function useProblemText(): (problem: Problem) => string {
  const { t } = useTranslation('common')
  const say = useReasonText()
  return ({ message, ...problem }) => (message === null ? t('form.required') : say({ ...problem, message }))
}
