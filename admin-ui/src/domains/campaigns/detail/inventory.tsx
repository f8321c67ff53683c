import { Group, Text } from '@mantine/core'
import { IconPackage } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { count, share } from '../../../lib/format.js'
import { Meter, Status } from '../../../ui/badge.js'
import { LiveBadge } from '../../../ui/live-badge.js'
import { LoadingRows } from '../../../ui/loading.js'
import { Section } from '../../../ui/page.js'
import { ErrorState, State } from '../../../ui/states.js'
import { unitsLeft, type PrizeStock } from '../stock.js'
import { usePulse } from '../use-pulse.js'
import classes from './detail.module.css'
import { useCampaign } from './use-campaign.js'

const LIVE_MS = 2_000
const LOW_PERCENT = 10
/** How much of its colour the fullest bucket has. */
const HEAT_MAX = 22

/** Where each prize's units are, and how evenly they lie in the buckets. */
export function CampaignInventory() {
  const { t } = useTranslation('campaigns')
  const { id } = useCampaign()
  const { data, state, error, refetch } = usePulse(id, LIVE_MS)
  return (
    <Section title={t('stock.title')} aside={<LiveBadge state={state} />} flush>
      {data === undefined && (error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />)}
      {data?.inventory.length === 0 && <State icon={IconPackage} title={t('stock.empty')} text={t('stock.emptyText')} />}
      {data?.inventory.map((stock) => <Prize key={stock.prize.id} stock={stock} />)}
    </Section>
  )
}

function Prize({ stock }: { stock: PrizeStock }) {
  const { t, i18n } = useTranslation('campaigns')
  const number = (value: number) => count(value, i18n.language)
  const left = unitsLeft(stock)
  const percent = share(left, stock.granted)
  const tone = left === 0 ? 'bad' : percent < LOW_PERCENT ? 'warn' : 'good'
  return (
    <div className={classes.prize}>
      <Group justify="space-between" mb={8}>
        <Text fw={600} component="h3" fz="sm">{stock.prize.name}</Text>
        {left === 0 && stock.granted > 0
          ? <Status tone="bad">{t('stock.soldOut')}</Status>
          : <Text size="sm" c="dimmed" className="num">{t('now.leftOf', { left: number(left), granted: number(stock.granted) })}</Text>}
      </Group>
      <Meter value={percent} tone={tone} label={t('now.leftOf', { left: number(left), granted: number(stock.granted) })} />
      <dl className={classes.counts}>
        {(['vault', 'inBuckets', 'inTransit', 'reserved', 'awarded'] as const).map((name) => (
          <div key={name}><dt>{t(`stock.${name}`)}</dt><dd>{number(stock[name])}</dd></div>
        ))}
      </dl>
      {stock.buckets.length > 1 && <Buckets stock={stock} />}
    </div>
  )
}

function Buckets({ stock: { buckets, prize } }: { stock: PrizeStock }) {
  const { t, i18n } = useTranslation('campaigns')
  const most = Math.max(1, ...buckets.map(({ remaining }) => remaining))
  return (
    <ul className={classes.buckets} aria-label={t('stock.bucketsOf', { prize: prize.name })}>
      {buckets.map(({ index, remaining }) => (
        <li key={index} className={classes.bucket} style={{ background: `color-mix(in srgb, var(--db-info) ${Math.round((remaining / most) * HEAT_MAX)}%, var(--db-hover))` }}>
          <span>{t('stock.bucket', { index })}</span><b>{count(remaining, i18n.language)}</b>
        </li>
      ))}
    </ul>
  )
}
