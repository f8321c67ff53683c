import { Group, Skeleton, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { CampaignRowFragment } from '../../generated/graphql.js'
import { compact, count, money, percent, rate, relative, share } from '../../lib/format.js'
import { Meter, Status } from '../../ui/badge.js'
import { Sparkline } from '../../ui/chart/sparkline.js'
import linkClasses from '../../ui/row-link.module.css'
import { CampaignState } from '../campaigns/status.js'
import { isLow, sum, unitsLeft } from '../campaigns/stock.js'
import { usePulse } from '../campaigns/use-pulse.js'
import { drawsOf, ratesOf } from '../live/series.js'
import { useLiveDraws } from '../live/use-live-draws.js'
import { moneyLeft } from './budget.js'
import classes from './home.module.css'

const WATCHED_SECONDS = 60
const SOON_MS = 60 * 60_000

/** A campaign at a glance: its draws as they come, and what is left to be won. */
export function CampaignCard({ campaign, everyMs }: { campaign: CampaignRowFragment; everyMs: number }) {
  const { id, name, status, mechanic, endsAt } = campaign
  const { t, i18n } = useTranslation(['home', 'campaigns', 'common'])
  const { data } = usePulse(id, everyMs)
  const { points, state } = useLiveDraws(id, WATCHED_SECONDS)
  const rates = ratesOf(points)
  const stock = data?.inventory
  const left = stock === undefined ? 0 : sum(stock, unitsLeft)
  const granted = stock === undefined ? 0 : sum(stock, (prize) => prize.granted)
  const budget = data?.budget
  const isEnding = status === 'ACTIVE' && new Date(endsAt).getTime() - Date.now() < SOON_MS
  const ends = t('card.ends', { when: relative(endsAt, Date.now(), i18n.language) })
  const perSecond = rates === null ? '–' : rate(rates.drawsPerSecond, i18n.language)
  return (
    <article className={classes.card}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div className={classes.title}>
          <Link to="/campaigns/$id" params={{ id }} className={linkClasses.link}>{name}</Link>
          <Text size="xs" c="dimmed">{t(`campaigns:mechanic.${mechanic}`)}</Text>
        </div>
        <CampaignState status={status} />
      </Group>
      {stock === undefined ? <Skeleton h={78} radius="sm" my={14} /> : (
        <>
          <dl className={classes.numbers}>
            <div><dt>{t('card.rate')}</dt><dd>{perSecond}</dd></div>
            <div><dt>{t('card.winRate')}</dt><dd>{rates?.winRate == null ? '–' : percent(rates.winRate, i18n.language)}</dd></div>
            <div><dt>{t('card.left')}</dt><dd>{compact(left, i18n.language)}</dd></div>
          </dl>
          <Sparkline values={points.map(drawsOf)} tone={state === 'disconnected' || state === 'off' ? 'idle' : 'info'} label={t('card.spark', { rate: perSecond })} />
        </>
      )}
      <div className={classes.stock}>
        <Meter
          value={share(left, granted)} tone={isLow(left, granted) ? 'warn' : 'good'}
          label={t('campaigns:now.leftOf', { left: count(left, i18n.language), granted: count(granted, i18n.language) })}
        />
      </div>
      <Group justify="space-between" mt={10} gap={4}>
        {isEnding ? <Status tone="warn">{ends}</Status> : <Text size="xs" c="dimmed">{ends}</Text>}
        {state === 'disconnected' && <Text size="xs" c="var(--db-bad)">{t('common:live.disconnected')}</Text>}
        {state === 'off' && <Text size="xs" c="dimmed">{t('common:live.off')}</Text>}
        {budget != null && moneyLeft(budget).map(({ scope, minor }) => (
          <Text key={scope} size="xs" c="dimmed" className="num">{t(`card.budget.${scope}`, { left: money(minor, budget.budget.currency, i18n.language) })}</Text>
        ))}
      </Group>
    </article>
  )
}
