import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { count } from '../../lib/format.js'
import { DateTime } from '../../ui/date-time.js'
import { LoadingRows } from '../../ui/loading.js'
import { Figure, Figures, Section } from '../../ui/page.js'
import { ErrorState } from '../../ui/states.js'
import { stateQuery } from './queries.js'

/** What the participant may still do in the campaign, as the next draw would see it. */
export function InCampaign({ campaignId, userId, zone }: { campaignId: string; userId: string; zone: string | undefined }) {
  const { t, i18n } = useTranslation('participants')
  const { data, error, refetch } = useQuery(stateQuery(campaignId, userId))
  if (error !== null && data === undefined) return <Section><ErrorState error={error} retry={() => { void refetch() }} /></Section>
  if (data === undefined) return <Section><LoadingRows rows={2} /></Section>
  const number = (value: number) => count(value, i18n.language)
  const left = (value: number | null | undefined) => (value == null ? t('unlimited') : number(value))
  const [soonest] = data.ticketLots
  return (
    <Figures>
      <Figure name={t('drawsLeft')} value={left(data.drawsLeft)} />
      <Figure name={t('drawsLeftToday')} value={left(data.drawsLeftToday)} />
      <Figure
        name={t('ticketsLeft')} value={number(data.tickets)}
        hint={soonest?.expiresAt == null ? undefined : <>{t('expiring', { count: soonest.amount })} <DateTime value={soonest.expiresAt} {...(zone === undefined ? {} : { zone })} /></>}
      />
      <Figure name={t('winsCounted')} value={number(data.wins)} />
      <Figure name={t('streak')} value={t('days', { count: data.drawStreak })} hint={t('signIns', { count: data.signInStreak })} />
    </Figures>
  )
}
