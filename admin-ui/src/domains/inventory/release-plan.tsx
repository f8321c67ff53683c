import { Button, Group, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ReleaseStepsDocument, type CampaignDetailFragment, type ReleaseStepsQuery, type ReleaseStepState } from '../../generated/graphql.js'
import { count, relative, share } from '../../lib/format.js'
import { Meter, type Tone } from '../../ui/badge.js'
import { Section } from '../../ui/page.js'
import { ErrorState } from '../../ui/states.js'
import { Moment, Timeline } from '../../ui/timeline.js'
import classes from './release-plan.module.css'
import { around } from './step-window.js'

type Step = ReleaseStepsQuery['releaseSteps'][number]

const TONE: Readonly<Record<ReleaseStepState, Tone>> = { PENDING: 'info', RELEASED: 'good', SKIPPED: 'warn', CANCELLED: 'idle' }
const LOOK_MS = 10_000
/** More than these nobody reads one by one. */
const STEPS_MAX = 500

/** When each prize's stock leaves the vault, and what has come of the steps so far. */
export function ReleasePlan({ campaign }: { campaign: CampaignDetailFragment }) {
  const { t } = useTranslation('inventory')
  const { id, prizes } = campaign
  const { data, error, refetch } = useQuery({
    queryKey: ['campaigns', 'release-steps', id], queryFn: async ({ signal }) => (await run(ReleaseStepsDocument, { campaignId: id }, signal)).releaseSteps,
    refetchInterval: ({ state }) => (state.data?.some((step) => step.state === 'PENDING') === true ? LOOK_MS : false),
  })
  if (data === undefined) return error === null ? null : <ErrorState error={error} retry={() => { void refetch() }} />
  const planned = prizes.map(({ id: prizeId, name }) => ({ prizeId, name, steps: data.filter((step) => step.prizeId === prizeId) }))
    .filter(({ steps }) => steps.length > 0)
  if (planned.length === 0) return null
  return (
    <Section title={t('release.title')} flush>
      {planned.map(({ prizeId, name, steps }) => <PrizePlan key={prizeId} name={name} steps={steps} zone={campaign.timezone} />)}
    </Section>
  )
}

function PrizePlan({ name, steps, zone }: { name: string; steps: readonly Step[]; zone: string }) {
  const { t, i18n } = useTranslation('inventory')
  const [all, setAll] = useState(false)
  const number = (value: number) => count(value, i18n.language)
  const total = steps.reduce((sum, { units }) => sum + units, 0)
  const released = steps.reduce((sum, { units, state }) => sum + (state === 'RELEASED' ? units : 0), 0)
  const next = steps.find(({ state }) => state === 'PENDING')
  const shown = all ? steps.slice(0, STEPS_MAX) : around(steps, ({ state }) => state === 'PENDING')
  return (
    <div className={classes.prize}>
      <Group justify="space-between" mb={8}>
        <Text fw={600} component="h3" fz="sm">{name}</Text>
        <Text size="sm" c="dimmed" className="num">
          {t('release.progress', { released: number(released), total: number(total) })}
          {next !== undefined && <> · {t('release.next', { when: relative(next.due, Date.now(), i18n.language), units: number(next.units) })}</>}
        </Text>
      </Group>
      <Meter value={share(released, total)} tone="good" label={t('release.progress', { released: number(released), total: number(total) })} />
      <div className={classes.steps}>
        <Timeline label={t('release.stepsOf', { prize: name })}>
          {shown.map(({ no, due, units, state, voided }) => (
            <Moment key={no} tone={TONE[state]} open={state === 'PENDING'} title={t('release.step', { no, units: number(units) })} at={due} zone={zone}>
              {t(`release.state.${state}`)}{voided > 0 && <> · {t('release.voided', { units: number(voided) })}</>}
            </Moment>
          ))}
        </Timeline>
        {shown.length < steps.length && (
          <Button variant="transparent" size="compact-xs" mt="sm" onClick={() => { setAll(true) }}>{t('release.showAll', { count: steps.length })}</Button>
        )}
      </div>
    </div>
  )
}
