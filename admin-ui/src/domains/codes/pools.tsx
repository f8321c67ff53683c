import { Alert, Button, Group, Menu, Text } from '@mantine/core'
import { IconAlertTriangle, IconBell, IconDots, IconTrash, IconUpload } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CampaignDetailFragment, CodePoolStateFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { useMay } from '../../session/session.js'
import { Status } from '../../ui/badge.js'
import { LoadingRows } from '../../ui/loading.js'
import { Section } from '../../ui/page.js'
import { ErrorState } from '../../ui/states.js'
import { ImportCodes } from './import-codes.js'
import { Imports } from './imports.js'
import { LowStock } from './low-stock.js'
import classes from './pools.module.css'
import { poolsQuery } from './queries.js'
import { VoidCodes } from './void-codes.js'

const LOOK_MS = 10_000
const COUNTS = ['free', 'assigned', 'waitingAwards', 'expired', 'voided', 'imported'] as const

/** The codes of a campaign's COUPON_CODE prizes, counted; nobody is shown one here. */
export function CodePools({ campaign: { id, prizes } }: { campaign: CampaignDetailFragment }) {
  const { t } = useTranslation('codes')
  const given = prizes.some(({ kind }) => kind === 'COUPON_CODE')
  const { data, error, refetch } = useQuery({ ...poolsQuery(id), enabled: given, refetchInterval: LOOK_MS })
  if (!given) return null
  return (
    <Section title={t('title')} aside={<Text size="sm" c="dimmed">{t('text')}</Text>} flush>
      {data === undefined && (error === null ? <LoadingRows rows={3} /> : <ErrorState error={error} retry={() => { void refetch() }} />)}
      {data?.map((pool) => <Pool key={pool.prize.id} campaignId={id} pool={pool} />)}
    </Section>
  )
}

type Asked = 'import' | 'alarm' | 'void'

function Pool({ campaignId, pool }: { campaignId: string; pool: CodePoolStateFragment }) {
  const { t, i18n } = useTranslation(['codes', 'common'])
  const may = useMay('CONFIGURE')
  const [asked, setAsked] = useState<Asked | null>(null)
  const close = () => { setAsked(null) }
  const { prize, free, lowStockAt, lowStock } = pool
  const number = (value: number) => count(value, i18n.language)
  return (
    <div className={classes.pool}>
      <Group justify="space-between" mb={10}>
        <Group gap="sm">
          <Text fw={600} component="h3" fz="sm">{prize.name}</Text>
          {lowStock && <Status tone="bad">{t('codes:alarm.low')}</Status>}
          <Text size="sm" c="dimmed" span>{lowStockAt == null ? t('codes:alarm.none') : t('codes:alarm.set', { count: lowStockAt, codes: number(lowStockAt) })}</Text>
        </Group>
        {may && (
          <Group gap="xs">
            <Button size="xs" leftSection={<IconUpload size={15} aria-hidden />} onClick={() => { setAsked('import') }}>{t('codes:import.open')}</Button>
            <Menu position="bottom-end" width={220}>
              <Menu.Target><Button variant="default" size="xs" px={8} aria-label={t('codes:actionsOf', { prize: prize.name })}><IconDots size={15} aria-hidden /></Button></Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconBell size={15} aria-hidden />} onClick={() => { setAsked('alarm') }}>{t('codes:alarm.open')}</Menu.Item>
                <Menu.Item c="var(--db-bad)" disabled={free === 0} leftSection={<IconTrash size={15} aria-hidden />} onClick={() => { setAsked('void') }}>{t('codes:void.action')}</Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </Group>
        )}
      </Group>
      <Warnings pool={pool} />
      <dl className={classes.counts}>
        {COUNTS.map((name) => <div key={name}><dt>{t(`codes:counts.${name}`)}</dt><dd>{number(pool[name])}</dd></div>)}
      </dl>
      <Imports prizeId={prize.id} prize={prize.name} />
      {asked === 'import' && <ImportCodes prizeId={prize.id} prize={prize.name} onClose={close} />}
      {asked === 'alarm' && <LowStock campaignId={campaignId} pool={pool} onClose={close} />}
      {asked === 'void' && <VoidCodes pool={pool} onClose={close} />}
    </div>
  )
}

/** As the API's warnings, in the reader's language. */
function Warnings({ pool: { prize, assigned, free, waitingAwards } }: { pool: CodePoolStateFragment }) {
  const { t, i18n } = useTranslation('codes')
  const short = prize.stockTotal - assigned - free
  const number = (value: number) => count(value, i18n.language)
  const said = [
    ...(waitingAwards > 0 && free === 0 ? [t('warning.waiting', { count: waitingAwards, awards: number(waitingAwards) })] : []),
    ...(short > 0 ? [t('warning.short', { stock: number(prize.stockTotal), codes: number(assigned + free), short: number(short) })] : []),
  ]
  if (said.length === 0) return null
  return (
    <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} p="sm" mb={12}>
      {said.map((text) => <div key={text}>{text}</div>)}
    </Alert>
  )
}
