import { ActionIcon, Button, Menu, Text } from '@mantine/core'
import { IconDots, IconGauge, IconKey, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { RevokeApiKeyDocument, type ApiKeyRowFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { useMay } from '../../session/session.js'
import { Status, Tag } from '../../ui/badge.js'
import { ConfirmByName } from '../../ui/confirm-by-name.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { DateTime } from '../../ui/date-time.js'
import { useErrorText } from '../../ui/error-text.js'
import { Page } from '../../ui/page.js'
import { State } from '../../ui/states.js'
import { useToast } from '../../ui/toast.js'
import { CreateKey } from './create-key.js'
import { apiKeysQuery } from './queries.js'
import { SetLimit } from './set-limit.js'

const route = getRouteApi('/shell/api-keys')

export function ApiKeyList() {
  const { t } = useTranslation(['apiKeys', 'common'])
  const may = useMay('MANAGE_API_KEYS')
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const toast = useToast()
  const text = useErrorText()
  const [creating, setCreating] = useState(false)
  const [asked, setAsked] = useState<ApiKeyRowFragment | null>(null)
  const [limited, setLimited] = useState<ApiKeyRowFragment | null>(null)
  const { data, error, refetch } = useQuery(apiKeysQuery)
  const refresh = () => client.invalidateQueries(apiKeysQuery)
  const revoke = useMutation({
    mutationFn: (id: string) => run(RevokeApiKeyDocument, { id }),
    onSuccess: async ({ revokeApiKey }) => {
      setAsked(null)
      toast.done(t('apiKeys:revoked', { name: revokeApiKey.name }))
      await refresh()
    },
  })
  const columns = useColumns(may ? {
    onRevoke: (key) => {
      revoke.reset()
      setAsked(key)
    },
    onLimit: setLimited,
  } : null)
  return (
    <Page
      title={t('apiKeys:nav')} text={t('apiKeys:text')}
      actions={may && <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => { setCreating(true) }}>{t('apiKeys:create')}</Button>}
    >
      <DataTable
        id="api-keys" label={t('apiKeys:nav')} columns={columns} rows={data} rowId={({ id }) => id} error={error} retry={() => { void refetch() }}
        view={view} onView={(search) => { void navigate({ search }) }}
        filters={<Text size="sm" c="dimmed">{data !== undefined && t('apiKeys:inForce', { count: data.filter(({ revokedAt }) => revokedAt == null).length })}</Text>}
        empty={<State icon={IconKey} title={t('apiKeys:empty')} text={t('apiKeys:emptyText')} />}
      />
      <CreateKey opened={creating} onClose={() => { setCreating(false) }} onCreated={refresh} />
      <SetLimit apiKey={limited} onClose={() => { setLimited(null) }} onDone={refresh} />
      <ConfirmByName
        opened={asked !== null} onClose={() => { setAsked(null) }} title={t('apiKeys:ask')} action={t('apiKeys:revoke')} name={asked?.name ?? ''} danger
        busy={revoke.isPending} error={revoke.error === null ? undefined : text(revoke.error).detail}
        onConfirm={() => { if (asked !== null) revoke.mutate(asked.id) }}
      >
        {t('apiKeys:effect')}
      </ConfirmByName>
    </Page>
  )
}

interface Actions {
  readonly onRevoke: (key: ApiKeyRowFragment) => void
  readonly onLimit: (key: ApiKeyRowFragment) => void
}

function useColumns(actions: Actions | null): Array<ColumnDef<ApiKeyRowFragment, unknown>> {
  const { t, i18n } = useTranslation(['apiKeys', 'common'])
  return useMemo(() => [
    { id: 'name', accessorKey: 'name', enableHiding: false, meta: { title: t('apiKeys:column.name'), csv: ({ name }) => name }, cell: ({ row }) => <Text span fw={550} inherit>{row.original.name}</Text> },
    { id: 'prefix', enableSorting: false, meta: { title: t('apiKeys:column.prefix'), csv: ({ prefix }) => prefix }, cell: ({ row }) => <Text span ff="monospace" fz="xs" c="dimmed">{row.original.prefix}…</Text> },
    { id: 'kind', accessorKey: 'kind', meta: { title: t('apiKeys:column.kind'), csv: ({ kind }) => kind }, cell: ({ row }) => <Tag>{t(`apiKeys:kind.${row.original.kind}`)}</Tag> },
    {
      id: 'state', accessorFn: ({ revokedAt }) => revokedAt ?? '', meta: { title: t('apiKeys:column.state'), csv: ({ revokedAt }) => (revokedAt == null ? 'IN FORCE' : 'REVOKED') },
      cell: ({ row: { original: { revokedAt } } }) => (revokedAt == null ? <Status tone="good">{t('apiKeys:state.inForce')}</Status> : <Status tone="idle">{t('apiKeys:state.revoked')}</Status>),
    },
    {
      id: 'limit', accessorFn: ({ drawsPerSecondMax }) => drawsPerSecondMax ?? Infinity, meta: { title: t('apiKeys:column.limit'), numeric: true, csv: ({ drawsPerSecondMax }) => String(drawsPerSecondMax ?? '') },
      cell: ({ row: { original: { drawsPerSecondMax } } }) => (drawsPerSecondMax == null ? <Text span c="dimmed" inherit>{t('apiKeys:limit.none')}</Text> : count(drawsPerSecondMax, i18n.language)),
    },
    { id: 'createdAt', accessorKey: 'createdAt', meta: { title: t('apiKeys:column.createdAt'), csv: ({ createdAt }) => createdAt }, cell: ({ row }) => <DateTime value={row.original.createdAt} /> },
    {
      id: 'lastUsedAt', accessorFn: ({ lastUsedAt }) => lastUsedAt ?? '', meta: { title: t('apiKeys:column.lastUsedAt'), csv: ({ lastUsedAt }) => lastUsedAt ?? '' },
      cell: ({ row: { original: { lastUsedAt } } }) => (lastUsedAt == null ? <Text span c="dimmed" inherit>{t('apiKeys:never')}</Text> : <DateTime value={lastUsedAt} />),
    },
    ...(actions === null ? [] : [{
      id: 'actions', enableSorting: false, enableHiding: false, meta: { numeric: true },
      cell: ({ row: { original } }: { row: { original: ApiKeyRowFragment } }) => (original.revokedAt != null ? null : (
        <Menu position="bottom-end" width={190}>
          <Menu.Target><ActionIcon data-row variant="subtle" color="gray" aria-label={t('apiKeys:actionsOf', { name: original.name })}><IconDots size={16} /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconGauge size={15} aria-hidden />} onClick={() => { actions.onLimit(original) }}>{t('apiKeys:limit.action')}</Menu.Item>
            <Menu.Item c="var(--db-bad)" leftSection={<IconTrash size={15} aria-hidden />} onClick={() => { actions.onRevoke(original) }}>{t('apiKeys:revoke')}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )),
    }]),
  ], [t, i18n.language, actions])
}
