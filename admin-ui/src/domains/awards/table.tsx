import { Button, Group, Text } from '@mantine/core'
import { IconAward, IconSearch } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { AwardsDocument, type AwardRowFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { DataTable } from '../../ui/data-table/data-table.js'
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
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set())
  const [bulk, setBulk] = useState<{ action: BulkAction; awards: readonly AwardRowFragment[] } | null>(null)
  const { sort, page, award, status, prize, participant } = view
  const filter = { status: status ?? null, prizeId: prize ?? null, userId: participant ?? null }
  const awards = usePages([...AWARDS_KEY, 'list', campaignId, filter], async (each, signal) =>
    (await run(AwardsDocument, { campaignId, ...filter, ...each }, signal)).awards)
  const forget = () => { setSelected(new Set()) }
  // Those that a filter has taken away are not acted on.
  const chosen = (awards.rows ?? []).filter(({ id }) => selected.has(id)).slice(0, BULK_MAX)
  const columns = useColumns({
    onOpen: (id) => { onView({ ...view, award: id }) },
    selection: may ? { rows: awards.rows ?? [], selected, onSelect: setSelected } : null,
  })
  const filtered = status !== undefined || prize !== undefined || participant !== undefined
  return (
    <>
      <DataTable
        id="awards" label={t('awards:nav')} columns={columns} rows={awards.rows} rowId={({ id }) => id} error={awards.error} retry={awards.retry} note={awards.note}
        view={{ ...(sort === undefined ? {} : { sort }), ...(page === undefined ? {} : { page }) }}
        onView={({ sort: nextSort, page: nextPage }) => { onView({ ...view, sort: nextSort, page: nextPage }) }}
        filters={chosen.length === 0
          ? <AwardFilters prizes={prizes} view={view} onFilter={(next) => { onView({ sort, status, prize, participant, ...next }) }} />
          : <Bulk count={chosen.length} onAct={(action) => { setBulk({ action, awards: chosen }) }} onClear={forget} />}
        empty={filtered
          ? <State icon={IconSearch} title={t('common:table.nothing')} text={t('common:table.nothingText')} />
          : <State icon={IconAward} title={t('awards:empty')} text={t('awards:emptyText')} />}
      />
      {bulk !== null && (
        <BulkForm action={bulk.action} awards={bulk.awards} onClose={() => { setBulk(null) }} onDone={forget} />
      )}
      <AwardDrawer
        id={award} covered={bulk !== null} onClose={() => { onView({ ...view, award: undefined }) }}
        onBulk={(action, one) => { setBulk({ action, awards: [one] }) }}
      />
    </>
  )
}

function Bulk({ count, onAct, onClear }: { count: number; onAct: (action: BulkAction) => void; onClear: () => void }) {
  const { t } = useTranslation(['awards', 'common'])
  return (
    <Group gap="xs" role="group" aria-label={t('awards:selected', { count })}>
      <Text size="sm" fw={550} span>{t('awards:selected', { count })}</Text>
      {BULK.map((action) => <Button key={action} size="xs" variant="default" onClick={() => { onAct(action) }}>{t(`awards:action.${action}`)}</Button>)}
      <Button size="xs" variant="transparent" onClick={onClear}>{t('common:actions.clear')}</Button>
    </Group>
  )
}
