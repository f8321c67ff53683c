import type { TFunction } from 'i18next'
import { useCallback } from 'react'
import { useTranslation } from 'react-i18next'
import type { ChangeRowFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { paramsOf } from '../../reasons/told.js'
import type en from './locale/en.js'

type Asked = Pick<ChangeRowFragment, 'operation' | 'summary' | 'campaignName' | 'params'>
type Known = keyof typeof en.summary

/** What is asked for, in one sentence. A request of an operation that this page does not know is told as the API tells it. */
export function useSummary(): (request: Asked) => string {
  const { t, i18n } = useTranslation(['approvals', 'risk'])
  return useCallback((request: Asked) => (i18n.exists(`approvals:summary.${request.operation}`) ? sentence(t, i18n.language, request) : request.summary), [t, i18n])
}

function sentence(t: TFunction<readonly ['approvals', 'risk']>, language: string, { operation, campaignName, params }: Asked): string {
  const { units = '0', entries = '0', list, ...names } = paramsOf(params)
  const change = Number(units)
  const signed = operation === 'adjustStock' && change > 0 ? `+${count(change, language)}` : count(change, language)
  return t(`approvals:summary.${operation as Known}`, {
    ...names, campaign: campaignName ?? t('approvals:goneCampaign'), units: signed, entries: count(Number(entries), language),
    list: list === 'BLOCK' || list === 'ALLOW' ? t(`risk:list.${list}`) : '',
  })
}
