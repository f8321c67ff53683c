import { useTranslation } from 'react-i18next'
import type { RuledCampaignFragment } from '../../generated/graphql.js'
import { percentOfPpb } from '../../lib/format.js'

type Audience = RuledCampaignFragment['oddsTables'][number]['audience']

const PPB_PER_BPS = 100_000

/** Who the odds of a table are for: all that is said must hold. */
export function useAudienceWords(): (audience: Audience) => string {
  const { t, i18n } = useTranslation('rules')
  const share = (bps: number) => percentOfPpb(bps * PPB_PER_BPS, i18n.language)
  return ({ segmentsAny, tiers, riskPools, experiment, when }) => [
    ...(segmentsAny.length === 0 ? [] : [t('odds.who.segmentsAny', { list: segmentsAny.join(', ') })]),
    ...(tiers.length === 0 ? [] : [t('odds.who.tiers', { list: tiers.join(', ') })]),
    ...(riskPools.length === 0 ? [] : [t('odds.who.riskPools', { list: riskPools.join(', ') })]),
    ...(experiment == null ? [] : [t('odds.who.experiment', { name: experiment.name, from: share(experiment.fromBps), to: share(experiment.toBps) })]),
    ...(when == null ? [] : [t('odds.who.when', { when })]),
  ].join(' · ')
}
