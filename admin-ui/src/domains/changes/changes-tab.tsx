import { Text } from '@mantine/core'
import { IconHistory } from '@tabler/icons-react'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { CampaignHistoryDocument } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { usePages } from '../../ui/data-table/use-pages.js'
import { LoadingRows } from '../../ui/loading.js'
import { Section } from '../../ui/page.js'
import { ErrorState, NoPermission, State } from '../../ui/states.js'
import { TextLink } from '../../ui/text-link.js'
import { useNames } from '../audit/who.js'
import classes from './changes.module.css'
import { HistoryEntry } from './history-entry.js'

const route = getRouteApi('/shell/campaigns/$id')

/** Every change of a campaign and of what belongs to it, from the audit log: the newest first. */
export function CampaignChanges() {
  return useMay('READ_AUDIT_LOG') ? <History /> : <NoPermission />
}

function History() {
  const { t } = useTranslation('changes')
  const { id } = route.useParams()
  const names = useNames()
  const log = usePages(['campaigns', 'changes', id], async (page, signal) =>
    (await run(CampaignHistoryDocument, { filter: { campaignId: id }, ...page }, signal)).auditLog)
  if (log.error !== null && log.rows === undefined) return <Section><ErrorState error={log.error} retry={log.retry} /></Section>
  if (log.rows === undefined) return <Section><LoadingRows /></Section>
  if (log.rows.length === 0) return <Section><State icon={IconHistory} title={t('empty')} text={t('emptyText')} /></Section>
  return (
    <Section title={t('title')} aside={<Text size="sm"><TextLink to="/audit" search={{ campaignId: id }}>{t('inLog')}</TextLink></Text>} flush>
      <ol className={classes.history}>
        {log.rows.map((entry) => <HistoryEntry key={entry.seq} campaignId={id} entry={entry} names={names} />)}
      </ol>
      {log.note !== undefined && <Text component="div" ta="center" p="sm">{log.note}</Text>}
    </Section>
  )
}
