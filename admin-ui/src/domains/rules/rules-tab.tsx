import { Alert } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useMay } from '../../session/session.js'
import { LoadingRows } from '../../ui/loading.js'
import { ErrorState } from '../../ui/states.js'
import { BudgetSection } from './budget.js'
import { Eligibility } from './eligibility.js'
import { stageOf } from './freedom.js'
import { Limits } from './limits.js'
import { Odds } from './odds.js'
import { rulesQuery } from './queries.js'
import classes from './rules.module.css'
import { TicketSection } from './tickets.js'
import { VelocitySection } from './velocity.js'

const route = getRouteApi('/shell/campaigns/$id')

/** What decides a draw beside luck, in words; and what of it may still be changed. */
export function CampaignRules() {
  const { t } = useTranslation('rules')
  const { id } = route.useParams()
  const may = useMay('CONFIGURE')
  const { data: campaign, error, refetch } = useQuery(rulesQuery(id))
  if (campaign === undefined) return error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />
  const stage = stageOf(campaign, Date.now())
  const given = { campaign, stage, may }
  return (
    <div className={classes.stack}>
      {stage === 'over' && <Alert variant="light" color="gray" p="sm" icon={<IconLock size={18} />}>{t('over')}</Alert>}
      <Odds {...given} />
      <Limits {...given} />
      <Eligibility {...given} />
      <TicketSection {...given} />
      <BudgetSection {...given} />
      <VelocitySection campaignId={id} may={may && stage !== 'over'} />
    </div>
  )
}
