import { IconDice5, IconSearch } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { DrawsDocument } from '../../generated/graphql.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { State } from '../../ui/states.js'
import { useCampaign } from '../campaigns/detail/use-campaign.js'
import { useColumns } from './columns.js'
import classes from './draws.module.css'
import { DrawFilters } from './filters.js'
import { Quarantine } from './quarantine.js'
import { DRAWS_KEY } from './states.js'
import { TraceDrawer } from './trace.js'
import type { DrawsView } from './view.js'

const route = getRouteApi('/shell/campaigns/$id/draws')

/** A campaign's draws, newest first, settled or not; each can be traced through its states. */
export function DrawExplorer() {
  const { t } = useTranslation(['draws', 'common'])
  const campaign = useCampaign()
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const { participant, key, outcome, sort, page } = view
  const filter = { userId: participant ?? null, idempotencyKey: key ?? null, outcome: outcome ?? null }
  const draws = usePages([...DRAWS_KEY, 'list', campaign.id, filter], async (each, signal) =>
    (await run(DrawsDocument, { campaignId: campaign.id, ...filter, ...each }, signal)).draws)
  const open = (draw: string | undefined) => { void navigate({ search: { ...view, draw } }) }
  // From the address as it is by then: two boxes may be typed in within one pause.
  const show = (next: Pick<DrawsView, 'participant' | 'key' | 'outcome'>) => {
    void navigate({ search: ({ page: _page, draw: _draw, ...before }) => ({ ...before, ...next }) })
  }
  const columns = useColumns(open)
  const filtered = participant !== undefined || outcome !== undefined
  return (
    <div className={classes.stack}>
      <DataTable
        id="draws" label={t('draws:nav')} columns={columns} rows={draws.rows} rowId={({ id }) => id}
        error={draws.error} retry={draws.retry} note={draws.note} more={draws.more}
        view={{ ...(sort === undefined ? {} : { sort }), ...(page === undefined ? {} : { page }) }}
        onView={({ sort: nextSort, page: nextPage }) => { void navigate({ search: { ...view, sort: nextSort, page: nextPage } }) }}
        filters={<DrawFilters view={view} onFilter={show} onOpen={open} />}
        empty={filtered
          ? <State icon={IconSearch} title={t('common:table.nothing')} text={t('draws:nothingText')} />
          : <State icon={IconDice5} title={t('draws:empty')} text={t('draws:emptyText')} />}
      />
      <Quarantine campaignId={campaign.id} />
      <TraceDrawer id={view.draw} campaign={campaign} onClose={() => { open(undefined) }} />
    </div>
  )
}
