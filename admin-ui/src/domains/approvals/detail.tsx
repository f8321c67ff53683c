import { Alert, Button, Group, Stack, Table, Text, TextInput } from '@mantine/core'
import { IconCheck, IconGitMerge, IconHourglass, IconInfoCircle, IconX } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ApproveChangeDocument, ChangeRequestDocument, RejectChangeDocument, WithdrawChangeDocument, type ChangeRequestQuery } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { useMe } from '../../session/session.js'
import { Status, Tag } from '../../ui/badge.js'
import { DateTime } from '../../ui/date-time.js'
import { Diff } from '../../ui/diff.js'
import { LoadingRows } from '../../ui/loading.js'
import { Facts, Page, Section } from '../../ui/page.js'
import { ErrorState, NotFoundPage } from '../../ui/states.js'
import { useToast } from '../../ui/toast.js'
import { useFieldWords } from '../rules/words.js'
import { entriesOf, type NewEntry, valueOf } from './rows.js'
import { APPROVALS_KEY, TONES } from './states.js'
import { useSummary } from './summary.js'

const REASON_CHARACTERS_MAX = 500
/** The API keeps no more. */
const DIFF_MAX = 200
const route = getRouteApi('/shell/approvals/$id')

type Request = NonNullable<ChangeRequestQuery['changeRequest']>

export function ChangeRequestDetail() {
  const { id } = route.useParams()
  const { data, error, isPending, refetch } = useQuery({
    queryKey: [...APPROVALS_KEY, id],
    queryFn: async ({ signal }) => (await run(ChangeRequestDocument, { id }, signal)).changeRequest ?? null,
  })
  if (isPending) return <LoadingRows />
  if (error !== null) return <ErrorState error={error} retry={() => { void refetch() }} />
  return data === null ? <NotFoundPage /> : <Detail request={data} />
}

function Detail({ request }: { request: Request }) {
  const { t } = useTranslation(['approvals', 'common'])
  const say = useSummary()
  const { state, kinds, author, createdAt, expiresAt, decidedBy, decidedAt, decisionReason, reason } = request
  const { campaignId, campaignName, baseVersion } = request
  const facts: Array<readonly [string, React.ReactNode]> = [
    [t('approvals:column.kinds'), kinds.map((kind) => <Tag key={kind}>{t(`approvals:kind.${kind}`)}</Tag>)],
    [t('approvals:column.author'), author.name],
    [t('approvals:column.createdAt'), <DateTime key="asked" value={createdAt} />],
    ...(reason == null ? [] : [[t('approvals:reason'), reason] as const]),
    ...(campaignId == null ? [] : [[t('approvals:campaign'), <Link key="campaign" to="/campaigns/$id" params={{ id: campaignId }}>{campaignName ?? t('approvals:openCampaign')}</Link>] as const]),
    ...(baseVersion == null ? [] : [[t('approvals:baseVersion'), <span key="version" className="num">{baseVersion}</span>] as const]),
    ...(state === 'PENDING' ? [[t('approvals:expiresAt'), <DateTime key="expires" value={expiresAt} />] as const] : []),
    ...(decidedBy == null ? [] : [[t('approvals:column.decidedBy'), decidedBy.name] as const]),
    ...(decidedAt == null ? [] : [[t('approvals:decidedAt'), <DateTime key="decided" value={decidedAt} />] as const]),
    ...(decisionReason == null ? [] : [[t('approvals:why'), decisionReason] as const]),
  ]
  return (
    <Page title={say(request)} text={<Status tone={TONES[state]}>{t(`approvals:state.${state}`)}</Status>}>
      <Section title={t('approvals:changes')} flush>
        <Changes request={request} />
      </Section>
      <Section title={t('approvals:facts')}><Facts facts={facts} /></Section>
      {state === 'PENDING' && <Decide request={request} />}
    </Page>
  )
}

/** In the words of the forms that ask for such changes; entries of lists as the lists show them. */
function Changes({ request: { operation, diff, currency, stockNow, state } }: { request: Request }) {
  const { t, i18n } = useTranslation(['approvals', 'risk'])
  const words = useFieldWords(currency ?? undefined)
  const entries = entriesOf(operation, diff)
  const headings = { before: t(state === 'PENDING' ? 'approvals:before' : 'approvals:then'), after: t('approvals:after') }
  if (entries !== null) return <Entries entries={entries} />
  const rows = diff.map(({ path, before, after }) => words.row({ path, before: valueOf(before), after: valueOf(after) }))
  const [was, becomes] = [valueOf(diff[0]?.before), valueOf(diff[0]?.after)]
  const moved = stockNow != null && typeof was === 'number' && typeof becomes === 'number' && stockNow !== was
  return (
    <>
      {moved && (
        <Alert variant="light" color="yellow" m="md" icon={<IconGitMerge size={18} />} title={t('approvals:stockMoved', { was: count(was, i18n.language), now: count(stockNow, i18n.language) })} role="note">
          {t('approvals:stockMovedText', { now: count(stockNow, i18n.language), then: count(stockNow + becomes - was, i18n.language) })}
        </Alert>
      )}
      <Diff label={t('approvals:changes')} rows={rows} headings={headings} />
      {rows.length >= DIFF_MAX && <Text size="sm" c="dimmed" p="md">{t('approvals:onlyFirst', { count: DIFF_MAX })}</Text>}
    </>
  )
}

function Entries({ entries }: { entries: readonly NewEntry[] }) {
  const { t } = useTranslation(['approvals', 'risk'])
  const listOf = (list: string) => (list === 'BLOCK' || list === 'ALLOW' ? t(`risk:list.${list}`) : list)
  const subjectOf = (subject: string) => (subject === 'PARTICIPANT' || subject === 'DEVICE' || subject === 'IP' ? t(`risk:subject.${subject}`) : subject)
  return (
    <div style={{ overflowX: 'auto' }} role="region" aria-label={t('approvals:changes')} tabIndex={0}>
      <Table aria-label={t('approvals:changes')} fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('risk:column.list')}</Table.Th><Table.Th>{t('risk:column.subject')}</Table.Th><Table.Th>{t('risk:column.value')}</Table.Th><Table.Th>{t('risk:column.reason')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {entries.map(({ list, subject, value, reason }, at) => (
            <Table.Tr key={`${at} ${value}`}>
              <Table.Td>{listOf(list)}</Table.Td><Table.Td>{subjectOf(subject)}</Table.Td><Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td><Table.Td>{reason}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {entries.length >= DIFF_MAX && <Text size="sm" c="dimmed" p="md">{t('approvals:onlyFirst', { count: DIFF_MAX })}</Text>}
    </div>
  )
}

/** Its author may take it back; another operator decides. What is decided is never shown before the server has said so. */
function Decide({ request: { id, version, author, deciders, mayDecide } }: { request: Request }) {
  const { t } = useTranslation(['approvals', 'common'])
  const me = useMe()
  const client = useQueryClient()
  const toast = useToast()
  const [reason, setReason] = useState('')
  const done = (message: string) => async () => {
    toast.done(message)
    await client.invalidateQueries()
  }
  // A refusal may mean that somebody else was first: what there is now is read again.
  const failed = async (error: unknown) => {
    toast.failed(error)
    await client.invalidateQueries({ queryKey: APPROVALS_KEY })
  }
  const approve = useMutation({ mutationFn: () => run(ApproveChangeDocument, { id, expectedVersion: version }), onSuccess: done(t('approvals:approved')), onError: failed })
  const reject = useMutation({ mutationFn: () => run(RejectChangeDocument, { id, reason }), onSuccess: done(t('approvals:rejected')), onError: failed })
  const withdraw = useMutation({ mutationFn: () => run(WithdrawChangeDocument, { id }), onSuccess: done(t('approvals:withdrawn')), onError: failed })
  const busy = approve.isPending || reject.isPending || withdraw.isPending
  if (author.id === me.id) {
    return (
      <Section title={t('approvals:decide')}>
        <Group justify="space-between">
          <Alert variant="light" color="yellow" icon={<IconHourglass size={18} />} p="sm">{t('approvals:yours')}{deciders === 0 && <> {t('approvals:nobodyElse')}</>}</Alert>
          <Button variant="default" loading={withdraw.isPending} disabled={busy} onClick={() => { withdraw.mutate() }}>{t('approvals:withdraw')}</Button>
        </Group>
      </Section>
    )
  }
  if (!mayDecide) return <Section title={t('approvals:decide')}><Alert variant="light" color="gray" icon={<IconInfoCircle size={18} />} p="sm">{t('approvals:notYours')}</Alert></Section>
  return (
    <Section title={t('approvals:decide')}>
      <Stack gap="md" maw={620}>
        <Text size="sm" c="dimmed">{t('approvals:effect')}</Text>
        <TextInput
          label={t('approvals:rejectReason')} description={t('approvals:rejectHint')} maxLength={REASON_CHARACTERS_MAX}
          value={reason} onChange={(event) => { setReason(event.currentTarget.value) }}
        />
        <Group gap="xs">
          <Button leftSection={<IconCheck size={16} aria-hidden />} loading={approve.isPending} disabled={busy} onClick={() => { approve.mutate() }}>{t('approvals:approve')}</Button>
          <Button
            variant="default" leftSection={<IconX size={16} aria-hidden />} loading={reject.isPending} disabled={busy || reason.trim() === ''}
            onClick={() => { reject.mutate() }}
          >
            {t('approvals:reject')}
          </Button>
        </Group>
      </Stack>
    </Section>
  )
}
