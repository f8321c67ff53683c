import { Drawer, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AwardDetailFragment } from '../../generated/graphql.js'
import { money } from '../../lib/format.js'
import { Status, Tag } from '../../ui/badge.js'
import { Copyable } from '../../ui/copyable.js'
import { DateTime } from '../../ui/date-time.js'
import { LoadingRows } from '../../ui/loading.js'
import { Facts } from '../../ui/page.js'
import { ErrorState } from '../../ui/states.js'
import { TextLink } from '../../ui/text-link.js'
import { AwardActions } from './actions.js'
import { AwardAddress } from './address.js'
import { awardQuery, TONES, type BulkAction } from './awards.js'
import { AwardHistory } from './history.js'

const WAITING_MS = 3_000

interface AwardDrawerProps {
  readonly id: string | undefined
  readonly onClose: () => void
  readonly onBulk: (action: BulkAction, award: AwardDetailFragment) => void
  /** A form lies above it, which Escape is for. */
  readonly covered: boolean
}

/** One award: what became of it, attempt by attempt, and what can be done. */
export function AwardDrawer({ id, onClose, onBulk, covered }: AwardDrawerProps) {
  const { t } = useTranslation(['awards', 'common'])
  const [asking, setAsking] = useState(false)
  return (
    <Drawer
      opened={id !== undefined} onClose={onClose} position="right" size="lg"
      closeOnEscape={!covered && !asking} trapFocus={!covered && !asking}
      title={<Text fw={600} span>{t('awards:one')}</Text>} closeButtonProps={{ 'aria-label': t('common:actions.close') }}
    >
      {id !== undefined && <Award key={id} id={id} onBulk={onBulk} onAsking={setAsking} />}
    </Drawer>
  )
}

function Award({ id, onBulk, onAsking }: Pick<AwardDrawerProps, 'onBulk'> & { id: string; onAsking: (asking: boolean) => void }) {
  const { data: award, error, refetch } = useQuery({
    ...awardQuery(id), refetchInterval: ({ state }) => (state.data?.status === 'GRANTED' || state.data?.status === 'FULFILLING' ? WAITING_MS : false),
  })
  if (award === undefined) return error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />
  return (
    <Stack gap="lg">
      <AwardHead award={award} />
      <AwardActions award={award} onBulk={onBulk} onAsking={onAsking} />
      <AwardFacts award={award} />
      {award.prize.kind === 'PHYSICAL' && <AwardAddress id={award.id} />}
      <AwardHistory award={award} />
    </Stack>
  )
}

function AwardHead({ award: { prize, userId, status } }: { award: AwardDetailFragment }) {
  const { t } = useTranslation('awards')
  return (
    <div>
      <Group gap="sm"><Text fw={650} fz="lg" component="h2">{prize.name}</Text><Status tone={TONES[status]}>{t(`status.${status}`)}</Status></Group>
      <Group gap={6}><Text size="sm" c="dimmed" span>{t('wonBy')}</Text><Copyable value={userId} what={t('column.participant')} /></Group>
    </div>
  )
}

function AwardFacts({ award: { id, drawId, campaignId, amount, createdAt, fulfilment } }: { award: AwardDetailFragment }) {
  const { t, i18n } = useTranslation('awards')
  const facts: Array<readonly [string, React.ReactNode]> = [
    [t('column.id'), <Copyable key="id" value={id} what={t('column.id')} />],
    [t('draw'), <TextLink key="draw" to="/campaigns/$id/draws" params={{ id: campaignId }} search={{ draw: drawId }}>{t('openDraw')}</TextLink>],
    [t('column.createdAt'), <DateTime key="at" value={createdAt} />],
    ...(amount == null ? [] : [[t('column.amount'), money(amount.amountMinor, amount.currency, i18n.language)] as const]),
    [t('column.delivery'), <Tag key="kind">{t(`kind.${fulfilment?.kind ?? 'NONE'}`)}</Tag>],
    ...(fulfilment == null || fulfilment.attempt === 0 ? [] : [[t('round'), t('roundAttempt', { round: fulfilment.round, attempt: fulfilment.attempt })] as const]),
    ...(fulfilment?.dueAt == null ? [] : [[t(fulfilment.kind === 'MANUAL' ? 'claimUntil' : 'nextTry'), <DateTime key="due" value={fulfilment.dueAt} />] as const]),
    ...(fulfilment?.reference == null ? [] : [[t('reference'), fulfilment.reference] as const]),
    ...(fulfilment?.lastError == null ? [] : [[t('lastError'), fulfilment.lastError] as const]),
  ]
  return <Facts facts={facts} />
}
