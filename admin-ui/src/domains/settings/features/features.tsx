import { Button, Group, Stack, Table, Text } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../../api/client.js'
import { FeaturesDocument, type FeatureRowFragment } from '../../../generated/graphql.js'
import { useMay } from '../../../session/session.js'
import { Status } from '../../../ui/badge.js'
import { Copyable } from '../../../ui/copyable.js'
import { DateTime } from '../../../ui/date-time.js'
import { LiveBadge } from '../../../ui/live-badge.js'
import { LoadingRows } from '../../../ui/loading.js'
import { Section } from '../../../ui/page.js'
import { ErrorState } from '../../../ui/states.js'
import { useLive } from '../../../ui/use-live.js'
import { operatorsQuery } from '../../operators/queries.js'
import classes from '../settings.module.css'
import { SwitchWindow } from './switch-window.js'

const KEY = ['settings', 'features'] as const
const EVERY_MS = 5_000

/** Work beside the draws: what of it is off, since when and why, as the process sees it that answers. */
export function FeatureSettings() {
  const { t } = useTranslation('settings')
  const client = useQueryClient()
  const [asked, setAsked] = useState<FeatureRowFragment | null>(null)
  const { data, error, refetch, state } = useLive({
    queryKey: KEY, queryFn: async ({ signal }) => (await run(FeaturesDocument, {}, signal)).features,
  }, EVERY_MS)
  if (data === undefined) return error === null ? <LoadingRows rows={4} /> : <ErrorState error={error} retry={() => { void refetch() }} />
  return (
    <Section title={t('tab.features')} aside={<LiveBadge state={state} />} flush>
      <Stack gap={6} p="md" pb={0}>
        <Text size="sm" c="dimmed" maw={720}>{t('feature.text')}</Text>
        <Group gap={6}><Text size="xs" c="dimmed">{t('feature.process')}</Text><Copyable value={data.process} what={t('feature.process')} /></Group>
      </Stack>
      <Table.ScrollContainer minWidth={720}>
        <Table aria-label={t('tab.features')} className={classes.features}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('feature.name')}</Table.Th><Table.Th>{t('feature.state')}</Table.Th><Table.Th>{t('feature.last')}</Table.Th><Table.Td />
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {data.features.map((feature) => <FeatureRow key={feature.feature} feature={feature} onAsk={() => { setAsked(feature) }} />)}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      <SwitchWindow feature={asked} onClose={() => { setAsked(null) }} onSwitched={() => client.invalidateQueries({ queryKey: KEY })} />
    </Section>
  )
}

function FeatureRow({ feature: row, onAsk }: { feature: FeatureRowFragment; onAsk: () => void }) {
  const { feature, off, cause, since, switch: to, reason, switchedBy, switchedAt } = row
  const { t } = useTranslation('settings')
  const may = useMay('SWITCH_FEATURES')
  const { data: operators = [] } = useQuery(operatorsQuery)
  const by = operators.find(({ id }) => id === switchedBy)?.name
  return (
    <Table.Tr>
      <Table.Td className={classes.feature}>
        <Text size="sm" fw={550}>{t(`feature.${feature}`)}</Text>
        <Text size="xs" c="dimmed">{t(`feature.${feature}_OFF`)}</Text>
      </Table.Td>
      <Table.Td>
        <Stack gap={4} align="flex-start">
          <Status tone={!off ? 'good' : cause === 'OPERATOR' ? 'warn' : 'bad'}>{t(off ? 'feature.off' : 'feature.on')}</Status>
          {off && cause != null && <Text size="xs">{t(`feature.cause.${cause}`)}</Text>}
          {off && since != null && <Text size="xs" c="dimmed">{t('feature.since')} <DateTime value={since} /></Text>}
        </Stack>
      </Table.Td>
      <Table.Td>
        {switchedAt == null ? <Text size="sm" c="dimmed">{t('feature.never')}</Text> : (
          <>
            <Text size="sm">{t(to === 'OFF' ? 'feature.switchedOff' : 'feature.switchedAuto')}{by !== undefined && <> · {by}</>}</Text>
            <Text size="xs" c="dimmed"><DateTime value={switchedAt} />{reason != null && <> · {reason}</>}</Text>
          </>
        )}
      </Table.Td>
      <Table.Td ta="end">
        {may && (
          <Button variant="default" size="compact-sm" aria-label={t(to === 'OFF' ? 'feature.autoWhat' : 'feature.offWhat', { feature: t(`feature.${feature}`) })} onClick={onAsk}>
            {t(to === 'OFF' ? 'feature.auto' : 'feature.switchOff')}
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  )
}
