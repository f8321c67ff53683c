import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { CampaignDetailFragment, ConsumedFragment, DrawRowFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { Moment, Timeline } from '../../ui/timeline.js'

interface TraceStepsProps {
  readonly draw: DrawRowFragment
  readonly campaign: CampaignDetailFragment
  readonly consumed: { readonly risk: readonly ConsumedFragment[]; readonly userCenter: readonly ConsumedFragment[] }
}

/** The draw's own states, and what each consumer has had of it; what is still to come is said as such. */
export function TraceSteps({ draw, campaign, consumed }: TraceStepsProps) {
  const { t } = useTranslation('draws')
  return (
    <div>
      <Text fw={600} component="h3" fz="sm" mb="sm">{t('trace.steps')}</Text>
      <Timeline label={t('trace.steps')}>
        <Moment tone={draw.outcome === 'WON' ? 'good' : draw.outcome === 'LOST' ? 'idle' : 'warn'} title={t('trace.decided')} at={draw.createdAt} zone={campaign.timezone}>
          <Decision draw={draw} campaign={campaign} />
        </Moment>
        {draw.settledAt == null
          ? <Moment tone="warn" open title={t('trace.unsettled')}>{t('trace.unsettledText')}</Moment>
          : <Moment tone="good" title={t('trace.settled')} at={draw.settledAt} zone={campaign.timezone}>{t('trace.settledText')}</Moment>}
        {(['risk', 'userCenter'] as const).map((consumer) => <Consumer key={consumer} name={t(`trace.${consumer}`)} events={consumed[consumer]} drawId={draw.id} />)}
      </Timeline>
    </div>
  )
}

function Decision({ draw: { roll, campaignVersion, oddsTable, bucket, epoch, outcome, prize }, campaign }: Pick<TraceStepsProps, 'draw' | 'campaign'>) {
  const { t, i18n } = useTranslation('draws')
  const place = t('trace.place', { bucket, epoch: epoch ?? '–' })
  if (roll == null || campaignVersion == null || oddsTable == null) return <>{place}. {t('trace.pending')}</>
  // Tables of another version may have had other names.
  const named = campaign.version === campaignVersion ? campaign.oddsTables[oddsTable - 1]?.name : undefined
  const odds = oddsTable === 0 ? t('trace.ownOdds') : named === undefined ? t('trace.table', { no: oddsTable }) : t('trace.tableNamed', { no: oddsTable, name: named })
  return (
    <>
      <div>{outcome === 'WON' ? t('trace.won', { prize: prize?.name ?? '' }) : t('trace.lost')}</div>
      <div className="num">{place} · {t('trace.version', { version: campaignVersion })} · {odds} · {t('trace.roll', { roll: count(roll, i18n.language) })}</div>
    </>
  )
}

/** A draw's event and those of its award, oldest first. */
function Consumer({ name, events, drawId }: { name: string; events: readonly ConsumedFragment[]; drawId: string }) {
  const { t } = useTranslation('draws')
  const draw = events.find(({ subject }) => subject === drawId)
  if (draw === undefined) return <Moment tone="warn" open title={name}>{t('trace.notConsumed')}</Moment>
  const ofAward = events.filter(({ subject }) => subject !== drawId).length
  return (
    <Moment tone="good" title={name} at={draw.consumedAt}>
      {t('trace.consumed')}{ofAward > 0 && <> · {t('trace.awardEvents', { count: ofAward })}</>}
    </Moment>
  )
}
