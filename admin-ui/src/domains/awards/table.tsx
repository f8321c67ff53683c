import { Button } from '@mantine/core'
import { IconAward, IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { AwardsDocument, type AwardRowFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { useSelection } from '../../ui/data-table/selection.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { State } from '../../ui/states.js'
import { AWARDS_KEY, BULK, BULK_MAX, type BulkAction } from './awards.js'
import { BulkForm } from './bulk-form.js'
import { useColumns } from './columns.js'
import { AwardDrawer } from './drawer.js'
import { AwardFilters } from './filters.js'
import type { AwardsView } from './view.js'

interface AwardsTableProps {
  readonly campaignId: string
  readonly prizes: ReadonlyArray<{ readonly id: string; readonly name: string }>
  readonly view: AwardsView
  readonly onView: (view: AwardsView) => void
}

export function AwardsTable({ campaignId, prizes, view, onView }: AwardsTableProps) {
  const { t } = useTranslation(['awards', 'common'])
  const may = useMay('FULFIL')
  const [bulk, setBulk] = useState<{ action: BulkAction; awards: readonly AwardRowFragment[] } | null>(null)
  const { sort, page, award, status, prize, participant } = view
  const asked = { status: status ?? null, prizeId: prize ?? null, userId: participant ?? null }
  const awards = usePages([...AWARDS_KEY, 'list', campaignId, asked], async (each, signal) =>
    (await run(AwardsDocument, { campaignId, ...asked, ...each }, signal)).awards)
  const selection = useSelection(awards.rows, ({ id }) => id)
  const chosen = selection.rows.slice(0, BULK_MAX)
  const columns = useColumns((id) => { onView({ ...view, award: id }) })
  const filter = (next: Partial<AwardsView>) => { onView({ sort, status, prize, participant, ...next }) }
  const act = (action: BulkAction) => { setBulk({ action, awards: chosen }) }
  const filtered = status !== undefined || prize !== undefined || participant !== undefined
  return (
    <>
      <DataTable
        id="awards" label={t('awards:nav')} columns={columns} rows={awards.rows} rowId={({ id }) => id}
        error={awards.error} retry={awards.retry} note={awards.note} more={awards.more}
        view={{ ...(sort === undefined ? {} : { sort }), ...(page === undefined ? {} : { page }) }}
        onView={({ sort: nextSort, page: nextPage }) => { onView({ ...view, sort: nextSort, page: nextPage }) }}
        filters={<AwardFilters prizes={prizes} view={view} onFilter={filter} />}
        selecting={may ? { selection, nameOf: ({ userId }) => userId, actions: <Bulk onAct={act} /> } : undefined}
        empty={filtered
          ? <State icon={IconSearch} title={t('common:table.nothing')} text={t('common:table.nothingText')} />
          : <State icon={IconAward} title={t('awards:empty')} text={t('awards:emptyText')} />}
      />
      {bulk !== null && (
        <BulkForm action={bulk.action} awards={bulk.awards} onClose={() => { setBulk(null) }} onDone={() => { selection.set(new Set()) }} />
      )}
      <AwardDrawer
        id={award} covered={bulk !== null} onClose={() => { onView({ ...view, award: undefined }) }}
        onBulk={(action, one) => { setBulk({ action, awards: [one] }) }}
      />
    </>
  )
}

function Bulk({ onAct }: { onAct: (action: BulkAction) => void }) {
  const { t } = useTranslation('awards')
  return BULK.map((action) => <Button key={action} size="compact-sm" variant="default" onClick={() => { onAct(action) }}>{t(`action.${action}`)}</Button>)
}
