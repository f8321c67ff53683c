import { Drawer, Group, Stack, Text } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { DrawTraceDocument, type CampaignDetailFragment, type DrawRowFragment, type DrawTraceQuery } from '../../generated/graphql.js'
import { Status } from '../../ui/badge.js'
import { Copyable } from '../../ui/copyable.js'
import { LoadingRows } from '../../ui/loading.js'
import { Facts } from '../../ui/page.js'
import { ErrorState, State } from '../../ui/states.js'
import { TextLink } from '../../ui/text-link.js'
import { AwardHistory } from '../awards/history.js'
import { awardQuery, TONES as AWARD_TONES } from '../awards/awards.js'
import { DRAWS_KEY, TONES } from './states.js'
import { TraceSteps } from './trace-steps.js'

const WAITING_MS = 2_000

interface TraceDrawerProps {
  readonly id: string | undefined
  readonly campaign: CampaignDetailFragment
  readonly onClose: () => void
}

/** One draw, from its decision to the delivery of its award. */
export function TraceDrawer({ id, campaign, onClose }: TraceDrawerProps) {
  const { t } = useTranslation(['draws', 'common'])
  return (
    <Drawer
      opened={id !== undefined} onClose={onClose} position="right" size="lg" title={<Text fw={600} span>{t('draws:trace.title')}</Text>}
      closeButtonProps={{ 'aria-label': t('common:actions.close') }}
    >
      {id !== undefined && <Trace key={id} id={id} campaign={campaign} />}
    </Drawer>
  )
}

const isUnderWay = ({ draw, risk, userCenter }: DrawTraceQuery): boolean =>
  draw != null && (draw.state !== 'SETTLED' || risk.length === 0 || userCenter.length === 0)

function Trace({ id, campaign }: { id: string; campaign: CampaignDetailFragment }) {
  const { t } = useTranslation('draws')
  const { data, error, refetch } = useQuery({
    queryKey: [...DRAWS_KEY, 'trace', id], queryFn: ({ signal }) => run(DrawTraceDocument, { id, subject: id }, signal),
    // Until it is settled and both consumers have had it, each moment brings something.
    refetchInterval: ({ state: { data: seen } }) => (seen !== undefined && isUnderWay(seen) ? WAITING_MS : false),
  })
  if (data === undefined) return error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />
  const { draw, risk, userCenter } = data
  if (draw?.campaignId !== campaign.id) return <State icon={IconSearch} title={t('trace.none')} text={t('trace.noneText')} />
  return (
    <Stack gap="lg">
      <div>
        <Group gap="sm">
          <Text fw={650} fz="lg" component="h2">{draw.prize?.name ?? t(draw.outcome === 'LOST' ? 'outcome.LOST' : 'untold')}</Text>
          <Status tone={TONES[draw.state]}>{t(`state.${draw.state}`)}</Status>
        </Group>
        <Copyable value={draw.userId} what={t('column.participant')} />
      </div>
      <DrawFacts draw={draw} />
      <TraceSteps draw={draw} campaign={campaign} consumed={{ risk, userCenter }} />
      {draw.award != null && <TracedAward id={draw.award.id} campaignId={draw.campaignId} />}
    </Stack>
  )
}

function DrawFacts({ draw: { id, idempotencyKey, ordinal } }: { draw: DrawRowFragment }) {
  const { t } = useTranslation('draws')
  return (
    <Facts
      facts={[
        [t('column.id'), <Copyable key="id" value={id} what={t('column.id')} />],
        [t('column.key'), <Copyable key="key" value={idempotencyKey} what={t('column.key')} />],
        [t('column.ordinal'), ordinal],
      ]}
    />
  )
}

function TracedAward({ id, campaignId }: { id: string; campaignId: string }) {
  const { t } = useTranslation(['draws', 'awards'])
  const { data: award, error } = useQuery(awardQuery(id))
  // An award that is a moment old may not have its row yet.
  if (award === undefined) return error === null ? <LoadingRows rows={2} /> : <Text size="sm" c="dimmed">{t('draws:trace.awardLater')}</Text>
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Group gap="sm"><Text fw={600} component="h3" fz="sm">{t('draws:trace.award')}</Text><Status tone={AWARD_TONES[award.status]}>{t(`awards:status.${award.status}`)}</Status></Group>
        <TextLink fz="sm" to="/campaigns/$id/awards" params={{ id: campaignId }} search={{ award: id }}>{t('draws:trace.openAward')}</TextLink>
      </Group>
      <AwardHistory award={award} />
    </Stack>
  )
}
