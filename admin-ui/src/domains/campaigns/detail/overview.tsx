import { Anchor, Group, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { CampaignDetailFragment } from '../../../generated/graphql.js'
import { count, money, rate, relative, share } from '../../../lib/format.js'
import { Meter } from '../../../ui/badge.js'
import { Copyable } from '../../../ui/copyable.js'
import { DateTime } from '../../../ui/date-time.js'
import { LiveBadge } from '../../../ui/live-badge.js'
import { Facts, Figure, Figures, Section } from '../../../ui/page.js'
import { ratesOf } from '../../live/series.js'
import { useLiveDraws } from '../../live/use-live-draws.js'
import { isPublished } from '../status.js'
import { isLow, sum, unitsLeft, unitsWon } from '../stock.js'
import { usePulse } from '../use-pulse.js'
import classes from './detail.module.css'
import { useCampaign } from './use-campaign.js'

const STOCK_MS = 2_000
const WATCHED_SECONDS = 60

export function CampaignOverview() {
  const campaign = useCampaign()
  return (
    <div className={classes.stack}>
      {isPublished(campaign.status) && <Now campaign={campaign} />}
      <Schedule campaign={campaign} />
      <Rules campaign={campaign} />
    </div>
  )
}

function Now({ campaign }: { campaign: CampaignDetailFragment }) {
  const { t, i18n } = useTranslation('campaigns')
  const { data } = usePulse(campaign.id, STOCK_MS)
  const { points, state } = useLiveDraws(campaign.id, WATCHED_SECONDS)
  const rates = ratesOf(points)
  const number = (value: number | undefined) => (value === undefined ? '–' : count(value, i18n.language))
  const stock = data?.inventory
  const left = stock && sum(stock, unitsLeft)
  const granted = stock && sum(stock, ({ granted }) => granted)
  const budget = data?.budget
  return (
    <div>
      <Group justify="space-between" mb="xs">
        <Text fw={600} component="h2" fz="md">{t('now.title')}</Text>
        <LiveBadge state={state} />
      </Group>
      <Figures>
        <Figure
          name={t('now.rate')} value={rates === null ? '–' : rate(rates.drawsPerSecond, i18n.language)}
          hint={<Anchor size="xs" renderRoot={(props) => <Link {...props} to="/campaigns/$id/live" params={{ id: campaign.id }} />}>{t('now.rateHint')}</Anchor>}
        />
        <Figure name={t('now.won')} value={number(stock && sum(stock, unitsWon))} hint={t('now.wonHint', { count: stock ? sum(stock, ({ reserved }) => reserved) : 0 })} />
        <Figure
          name={t('now.left')} value={number(left)}
          hint={left !== undefined && granted !== undefined && (
            <>
              <Meter
                value={share(left, granted)} label={t('now.leftOf', { left: number(left), granted: number(granted) })}
                tone={isLow(left, granted) ? 'warn' : 'good'}
              />
              {t('now.ofGranted', { granted: number(granted) })}
            </>
          )}
        />
        {budget != null && budget.spentMinor != null && budget.budget.totalMinor != null && (
          <Figure
            name={t('now.budget')} value={money(budget.spentMinor, budget.budget.currency, i18n.language)}
            hint={t('now.budgetOf', { total: money(budget.budget.totalMinor, budget.budget.currency, i18n.language) })}
          />
        )}
      </Figures>
    </div>
  )
}

function Schedule({ campaign: { startsAt, endsAt, timezone, status } }: { campaign: CampaignDetailFragment }) {
  const { t, i18n } = useTranslation('campaigns')
  const start = new Date(startsAt).getTime()
  const gone = share(Date.now() - start, new Date(endsAt).getTime() - start)
  return (
    <Section title={t('schedule.title')} aside={<Text size="sm" c="dimmed">{t('schedule.zone', { zone: timezone })}</Text>}>
      <Group justify="space-between" align="flex-end" mb={10}>
        <div><Text size="xs" c="dimmed">{t('column.startsAt')}</Text><DateTime value={startsAt} zone={timezone} /></div>
        <div className={classes.end}><Text size="xs" c="dimmed">{t('column.endsAt')}</Text><DateTime value={endsAt} zone={timezone} /></div>
      </Group>
      <Meter value={gone} label={t('schedule.gone', { percent: Math.round(gone) })} tone={status === 'ACTIVE' ? 'good' : status === 'PAUSED' ? 'warn' : 'idle'} />
      <Text size="xs" c="dimmed" mt={8}>{t(gone >= 100 ? 'schedule.ended' : gone > 0 ? 'schedule.ends' : 'schedule.starts', { when: relative(gone > 0 ? endsAt : startsAt, Date.now(), i18n.language) })}</Text>
    </Section>
  )
}

function Rules({ campaign }: { campaign: CampaignDetailFragment }) {
  const { t, i18n } = useTranslation('campaigns')
  const limit = (value: number | null | undefined) => (value == null ? t('rules.none') : count(value, i18n.language))
  const facts: Array<readonly [string, React.ReactNode]> = [
    [t('rules.slug'), <Copyable key="slug" value={campaign.slug} what={t('rules.slug')} />],
    [t('rules.durability'), t(`durability.${campaign.durability}`)],
    [t('rules.buckets'), count(campaign.bucketCount, i18n.language)],
    [t('rules.drawsTotal'), limit(campaign.drawsPerUserTotal)],
    [t('rules.drawsDaily'), limit(campaign.drawsPerUserDaily)],
    [t('rules.wins'), limit(campaign.winsPerUser)],
    [t('rules.tickets'), t(campaign.requiresTickets ? 'rules.yes' : 'rules.no')],
    [t('rules.guarantee'), campaign.guaranteeAfterLosses == null ? t('rules.none') : t('rules.afterLosses', { count: campaign.guaranteeAfterLosses })],
    [t('rules.eligibility'), campaign.eligibility == null ? t('rules.everybody') : <code key="eligibility" className={classes.code}>{campaign.eligibility}</code>],
    [t('rules.odds'), campaign.oddsTables.length === 0 ? t('rules.ownOdds') : campaign.oddsTables.map(({ name }) => name).join(', ')],
    ...(campaign.seedHash == null ? [] : [[t('rules.seed'), <Copyable key="seed" value={campaign.seedHash} shown={`${campaign.seedHash.slice(0, 16)}…`} what={t('rules.seed')} />] as const]),
  ]
  return (
    <Section title={t('rules.title')}>
      {campaign.description != null && campaign.description !== '' && <Text size="sm" mb="lg" maw={680}>{campaign.description}</Text>}
      <Facts facts={facts} />
    </Section>
  )
}
