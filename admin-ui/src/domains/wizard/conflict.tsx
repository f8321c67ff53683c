import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import { ConflictWindow } from '../../ui/conflict.js'
import { useDiffRows } from './diff-rows.js'
import { useCampaignDraft } from './draft-context.js'
import { byId, campaignDifferences, merged } from './merge.js'

/** Somebody else saved the campaign first. */
export function CampaignConflict() {
  const { t } = useTranslation('wizard')
  const { base, values, conflict, settle, postpone } = useCampaignDraft()
  const before = useMemo(() => byId(base.values), [base.values])
  const mine = useMemo(() => byId(values), [values])
  const other = useMemo(() => (conflict === null ? null : byId(conflict.values)), [conflict])
  const found = useMemo(() => (other === null ? null : campaignDifferences(before, mine, other)), [before, mine, other])
  const rows = useDiffRows(found ?? [], { before, mine, theirs: other ?? mine })
  return (
    <ConflictWindow
      found={found} rows={rows} title={t('conflict.title')} text={t('conflict.text')} onLater={postpone}
      onSettle={(ofMine) => { if (other !== null) settle(merged(mine, other, ofMine)) }}
    />
  )
}
