import { Button, Group, Text } from '@mantine/core'
import { IconArrowsExchange, IconPackage } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { count, share } from '../../../lib/format.js'
import { useMay } from '../../../session/session.js'
import { Meter, Status } from '../../../ui/badge.js'
import { LiveBadge } from '../../../ui/live-badge.js'
import { LoadingRows } from '../../../ui/loading.js'
import { Section } from '../../../ui/page.js'
import { ErrorState, State } from '../../../ui/states.js'
import { BucketMap } from '../../inventory/bucket-map.js'
import { GrowBuckets } from '../../inventory/grow-buckets.js'
import { StockMovements } from '../../inventory/movements.js'
import { takesChanges } from '../../inventory/open-campaign.js'
import { ReleasePlan } from '../../inventory/release-plan.js'
import { StockForm } from '../../inventory/stock-form.js'
import { isLow, unitsLeft, type PrizeStock } from '../stock.js'
import { usePulse } from '../use-pulse.js'
import classes from './detail.module.css'
import { useCampaign } from './use-campaign.js'

const LIVE_MS = 2_000

/** Where each prize's units are, how evenly they lie in the buckets, and what can be done about it. */
export function CampaignInventory() {
  const { t } = useTranslation('campaigns')
  const campaign = useCampaign()
  const { data, state, error, refetch } = usePulse(campaign.id, LIVE_MS)
  const [changed, setChanged] = useState<PrizeStock | null>(null)
  const onChange = useMay('CONFIGURE') && takesChanges(campaign.status) ? setChanged : null
  return (
    <div className={classes.stack}>
      <Section title={t('stock.title')} aside={<Group gap="sm"><GrowBuckets campaign={campaign} /><LiveBadge state={state} /></Group>} flush>
        {data === undefined && (error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />)}
        {data?.inventory.length === 0 && <State icon={IconPackage} title={t('stock.empty')} text={t('stock.emptyText')} />}
        {data?.inventory.map((stock) => <Prize key={stock.prize.id} stock={stock} onChange={onChange} />)}
      </Section>
      <ReleasePlan campaign={campaign} />
      <StockMovements campaign={campaign} />
      {changed !== null && <StockForm stock={changed} onClose={() => { setChanged(null) }} />}
    </div>
  )
}

function Prize({ stock, onChange }: { stock: PrizeStock; onChange: ((stock: PrizeStock) => void) | null }) {
  const { t, i18n } = useTranslation(['campaigns', 'inventory'])
  const number = (value: number) => count(value, i18n.language)
  const left = unitsLeft(stock)
  const percent = share(left, stock.granted)
  const tone = left === 0 ? 'bad' : isLow(left, stock.granted) ? 'warn' : 'good'
  return (
    <div className={classes.prize}>
      <Group justify="space-between" mb={8}>
        <Text fw={600} component="h3" fz="sm">{stock.prize.name}</Text>
        <Group gap="sm">
          {left === 0 && stock.granted > 0
            ? <Status tone="bad">{t('stock.soldOut')}</Status>
            : <Text size="sm" c="dimmed" className="num">{t('now.leftOf', { left: number(left), granted: number(stock.granted) })}</Text>}
          {onChange !== null && (
            <Button
              variant="default" size="compact-sm" leftSection={<IconArrowsExchange size={14} aria-hidden />} onClick={() => { onChange(stock) }}
              aria-label={t('inventory:changeStockOf', { prize: stock.prize.name })}
            >
              {t('inventory:changeStock')}
            </Button>
          )}
        </Group>
      </Group>
      <Meter value={percent} tone={tone} label={t('now.leftOf', { left: number(left), granted: number(stock.granted) })} />
      <dl className={classes.counts}>
        {(['vault', 'inBuckets', 'inTransit', 'reserved', 'awarded'] as const).map((name) => (
          <div key={name}><dt>{t(`stock.${name}`)}</dt><dd>{number(stock[name])}</dd></div>
        ))}
      </dl>
      {stock.inTransit > 0 && <Text size="sm" c="dimmed" mb={12}>{t('inventory:inTransit', { count: stock.inTransit })}</Text>}
      {stock.buckets.length > 1 && <BucketMap stock={stock} />}
    </div>
  )
}
