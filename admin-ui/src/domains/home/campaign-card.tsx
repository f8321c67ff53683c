import { Group, Skeleton, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { CampaignRowFragment } from '../../generated/graphql.js'
import { count, money, relative, share } from '../../lib/format.js'
import { Meter } from '../../ui/badge.js'
import { CampaignState } from '../campaigns/status.js'
import { sum, unitsLeft, unitsWon } from '../campaigns/stock.js'
import { usePulse } from '../campaigns/use-pulse.js'
import linkClasses from '../../ui/row-link.module.css'
import classes from './home.module.css'

const LOW_PERCENT = 10

export function CampaignCard({ campaign, everyMs }: { campaign: CampaignRowFragment; everyMs: number }) {
  const { id, name, status, mechanic, endsAt } = campaign
  const { t, i18n } = useTranslation(['home', 'campaigns'])
  const { data, winsPerSecond } = usePulse(id, everyMs)
  const number = (value: number, digits = 0) => new Intl.NumberFormat(i18n.language, { maximumFractionDigits: digits }).format(value)
  const stock = data?.inventory
  const left = stock === undefined ? 0 : sum(stock, unitsLeft)
  const granted = stock === undefined ? 0 : sum(stock, (prize) => prize.granted)
  const percent = share(left, granted)
  const budget = data?.budget
  return (
    <article className={classes.card}>
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div className={classes.title}>
          <Link to="/campaigns/$id" params={{ id }} className={linkClasses.link}>{name}</Link>
          <Text size="xs" c="dimmed">{t(`campaigns:mechanic.${mechanic}`)}</Text>
        </div>
        <CampaignState status={status} />
      </Group>
      {stock === undefined ? <Skeleton h={46} radius="sm" my={14} /> : (
        <dl className={classes.numbers}>
          <div><dt>{t('card.rate')}</dt><dd>{winsPerSecond === null ? '–' : number(winsPerSecond, 1)}</dd></div>
          <div><dt>{t('card.won')}</dt><dd>{count(sum(stock, unitsWon), i18n.language)}</dd></div>
          <div><dt>{t('card.left')}</dt><dd>{new Intl.NumberFormat(i18n.language, { notation: 'compact', maximumFractionDigits: 1 }).format(left)}</dd></div>
        </dl>
      )}
      <Meter value={percent} tone={percent < LOW_PERCENT ? 'warn' : 'good'} label={t('campaigns:now.leftOf', { left: number(left), granted: number(granted) })} />
      <Group justify="space-between" mt={10} gap={4}>
        <Text size="xs" c="dimmed">{t('card.ends', { when: relative(endsAt, Date.now(), i18n.language) })}</Text>
        {budget?.spentMinor != null && budget.budget.totalMinor != null && (
          <Text size="xs" c="dimmed" className="num">{t('card.budget', { left: money(budget.budget.totalMinor - budget.spentMinor, budget.budget.currency, i18n.language) })}</Text>
        )}
      </Group>
    </article>
  )
}
