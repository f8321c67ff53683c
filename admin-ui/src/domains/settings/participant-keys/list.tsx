import { ActionIcon, Button, Group, Menu, Text } from '@mantine/core'
import { IconDots, IconFingerprint, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../../api/client.js'
import { ParticipantKeysDocument, RevokeParticipantKeyDocument, type ParticipantKeyRowFragment } from '../../../generated/graphql.js'
import { useMay } from '../../../session/session.js'
import { Status, Tag } from '../../../ui/badge.js'
import { ConfirmByName } from '../../../ui/confirm-by-name.js'
import { Copyable } from '../../../ui/copyable.js'
import { DataTable } from '../../../ui/data-table/data-table.js'
import { DateTime } from '../../../ui/date-time.js'
import { useErrorText } from '../../../ui/error-text.js'
import { State } from '../../../ui/states.js'
import { useToast } from '../../../ui/toast.js'
import { RegisterKey } from './register.js'

const KEYS = ['settings', 'participant-keys'] as const
const route = getRouteApi('/shell/settings/participant-keys')

export function ParticipantKeys() {
  const { t } = useTranslation(['settings', 'common'])
  const may = useMay('MANAGE_PARTICIPANT_KEYS')
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const toast = useToast()
  const text = useErrorText()
  const [isRegistering, setRegistering] = useState(false)
  const [asked, setAsked] = useState<ParticipantKeyRowFragment | null>(null)
  const { data, error, refetch } = useQuery({
    queryKey: KEYS, queryFn: async ({ signal }) => (await run(ParticipantKeysDocument, {}, signal)).participantKeys,
  })
  const refresh = () => client.invalidateQueries({ queryKey: KEYS })
  const revoke = useMutation({
    mutationFn: (id: string) => run(RevokeParticipantKeyDocument, { id }),
    onSuccess: async ({ revokeParticipantKey: { kid } }) => {
      setAsked(null)
      toast.done(t('settings:key.revoked', { kid }))
      await refresh()
    },
  })
  const columns = useColumns(may ? (key) => {
    revoke.reset()
    setAsked(key)
  } : null)
  return (
    <>
      <Group justify="space-between" mb="md" gap="md">
        <Text size="sm" c="dimmed" maw={620}>{t('settings:key.text')}</Text>
        {may && <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => { setRegistering(true) }}>{t('settings:key.register')}</Button>}
      </Group>
      <DataTable
        id="participant-keys" label={t('settings:tab.participant-keys')} columns={columns} rows={data} rowId={({ id }) => id} error={error} retry={() => { void refetch() }}
        view={view} onView={(search) => { void navigate({ search }) }}
        empty={<State icon={IconFingerprint} title={t('settings:key.empty')} text={t('settings:key.emptyText')} />}
      />
      <RegisterKey opened={isRegistering} onClose={() => { setRegistering(false) }} onRegistered={refresh} />
      <ConfirmByName
        opened={asked !== null} onClose={() => { setAsked(null) }} title={t('settings:key.ask')} action={t('settings:key.revoke')} name={asked?.kid ?? ''} danger
        busy={revoke.isPending} error={revoke.error === null ? undefined : text(revoke.error).detail}
        onConfirm={() => { if (asked !== null) revoke.mutate(asked.id) }}
      >
        {t('settings:key.effect')}
      </ConfirmByName>
    </>
  )
}

function useColumns(onRevoke: ((key: ParticipantKeyRowFragment) => void) | null): Array<ColumnDef<ParticipantKeyRowFragment, unknown>> {
  const { t } = useTranslation(['settings', 'common'])
  return useMemo(() => [
    { id: 'kid', accessorKey: 'kid', enableHiding: false, meta: { title: t('settings:key.kid'), csv: ({ kid }) => kid }, cell: ({ row }) => <Text span fw={550} inherit style={{ overflowWrap: 'anywhere' }}>{row.original.kid}</Text> },
    { id: 'algorithm', accessorKey: 'algorithm', meta: { title: t('settings:key.algorithm'), csv: ({ algorithm }) => algorithm }, cell: ({ row }) => <Tag>{row.original.algorithm}</Tag> },
    {
      id: 'publicJwk', enableSorting: false, meta: { title: t('settings:key.publicJwk'), csv: ({ publicJwk }) => publicJwk },
      cell: ({ row: { original: { publicJwk, kid } } }) => <Copyable value={publicJwk} shown={t('settings:key.copyJwk')} what={kid} />,
    },
    {
      id: 'state', accessorFn: ({ revokedAt }) => revokedAt ?? '', meta: { title: t('settings:key.state'), csv: ({ revokedAt }) => (revokedAt == null ? 'IN FORCE' : 'REVOKED') },
      cell: ({ row: { original: { revokedAt } } }) => (revokedAt == null ? <Status tone="good">{t('settings:key.inForce')}</Status> : <Status tone="idle">{t('settings:key.isRevoked')}</Status>),
    },
    { id: 'createdAt', accessorKey: 'createdAt', meta: { title: t('settings:key.createdAt'), csv: ({ createdAt }) => createdAt }, cell: ({ row }) => <DateTime value={row.original.createdAt} /> },
    ...(onRevoke === null ? [] : [{
      id: 'actions', enableSorting: false, enableHiding: false, meta: { numeric: true },
      cell: ({ row: { original } }: { row: { original: ParticipantKeyRowFragment } }) => (original.revokedAt != null ? null : (
        <Menu position="bottom-end" width={170}>
          <Menu.Target><ActionIcon data-row variant="subtle" color="gray" aria-label={t('settings:key.actionsOf', { kid: original.kid })}><IconDots size={16} /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item c="var(--db-bad)" leftSection={<IconTrash size={15} aria-hidden />} onClick={() => { onRevoke(original) }}>{t('settings:key.revoke')}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )),
    }]),
  ], [t, onRevoke])
}
