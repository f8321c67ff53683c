import { NumberInput, type NumberInputProps } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.js'
import { limitsQuery } from '../settings/limits-query.js'

/** How often one key may draw; left empty: as often as its tenant. */
export function LimitField(props: NumberInputProps) {
  const { t } = useTranslation('apiKeys')
  return (
    <NumberInput
      label={t('limit.label')} description={t('limit.hint')} placeholder={t('limit.none')} allowDecimal={false} allowNegative={false} hideControls thousandSeparator=","
      suffix={t('limit.suffix')} {...props}
    />
  )
}

/** What is wrong with a limit as it is typed; null: nothing. */
export function useLimitProblem(): (value: number | string) => string | null {
  const { t, i18n } = useTranslation('apiKeys')
  const { data } = useQuery(limitsQuery)
  const max = data?.drawsPerSecondCeiling
  return (value) => {
    if (value === '' || (Number(value) >= 1 && (max === undefined || Number(value) <= max))) return null
    return max === undefined ? t('limit.least') : t('limit.between', { max: count(max, i18n.language) })
  }
}

export const limitOf = (value: number | string): number | null => (value === '' ? null : Number(value))
