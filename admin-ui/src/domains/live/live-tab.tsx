import { Button, Group, SegmentedControl } from '@mantine/core'
import { IconActivity, IconPlayerPause } from '@tabler/icons-react'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../../api/errors.js'
import type { CampaignDetailFragment } from '../../generated/graphql.js'
import { LiveBadge } from '../../ui/live-badge.js'
import { LoadingRows } from '../../ui/loading.js'
import { ErrorState, State } from '../../ui/states.js'
import { useCampaign } from '../campaigns/detail/use-campaign.js'
import { isPublished } from '../campaigns/status.js'
import { LiveCharts } from './charts.js'
import { LiveFigures } from './figures.js'
import classes from './live.module.css'
import { RefusalTable } from './refusal-table.js'
import { SecondTable } from './second-table.js'
import { useLiveDraws } from './use-live-draws.js'
import { useMovedCampaign } from './use-moved-campaign.js'
import { MINUTES, MINUTES_USUAL } from './view.js'

const route = getRouteApi('/shell/campaigns/$id/live')

/** What becomes of the campaign's draws at this moment, and has become in the last minutes. */
export function LiveTab() {
  const { t } = useTranslation(['live', 'campaigns'])
  const campaign = useCampaign()
  const { id, status } = campaign
  if (!isPublished(status)) {
    const tryIt = <Button variant="default" renderRoot={(props) => <Link {...props} to="/campaigns/$id/try" params={{ id }} />}>{t('campaigns:tab.try')}</Button>
    return <State icon={IconActivity} title={t('live:draft')} text={t('live:draftText')} action={tryIt} />
  }
  return <Watching campaign={campaign} />
}

function Watching({ campaign }: { campaign: CampaignDetailFragment }) {
  const { t } = useTranslation('live')
  const { window: minutes = MINUTES_USUAL } = route.useSearch()
  const navigate = route.useNavigate()
  const { points, state, error, campaign: told } = useLiveDraws(campaign.id, minutes * 60)
  useMovedCampaign(campaign, told)
  const show = (value: string) => {
    const chosen = MINUTES.find((each) => String(each) === value)
    void navigate({ search: chosen === MINUTES_USUAL ? {} : { window: chosen }, replace: true })
  }
  return (
    <div className={classes.stack}>
      <Group justify="space-between">
        <SegmentedControl
          size="xs" aria-label={t('window')} value={String(minutes)} onChange={show}
          data={MINUTES.map((each) => ({ value: String(each), label: t('minutes', { count: each }) }))}
        />
        <LiveBadge state={state} />
      </Group>
      {state === 'off' ? <SwitchedOff /> : points.length === 0 || isApiError(error, 'STALE_PAGE')
        ? (error === null ? <LoadingRows /> : <ErrorState error={error} />)
        : (
          <>
            <LiveFigures points={points} />
            <LiveCharts points={points} />
            <RefusalTable points={points} />
            <SecondTable points={points} />
          </>
        )}
    </div>
  )
}

/** Why, and since when, is told where features are switched. */
function SwitchedOff() {
  const { t } = useTranslation('live')
  const why = <Button variant="default" renderRoot={(props) => <Link {...props} to="/settings/features" />}>{t('offWhy')}</Button>
  return <State icon={IconPlayerPause} title={t('off')} text={t('offText')} action={why} />
}
