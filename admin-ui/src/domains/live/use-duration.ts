import { useTranslation } from 'react-i18next'
import { rate } from '../../lib/format.js'

const SECOND_MS = 1_000

/** "0.4 s", "12 s". */
export function useDuration(): (ms: number) => string {
  const { t, i18n } = useTranslation('live')
  return (ms) => t('seconds', { value: rate(ms / SECOND_MS, i18n.language) })
}
