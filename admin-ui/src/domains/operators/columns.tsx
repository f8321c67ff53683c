import { ActionIcon, Group, Menu, Text } from '@mantine/core'
import { IconDots, IconKey, IconShieldOff, IconUserCheck, IconUserOff, IconUserShield } from '@tabler/icons-react'
import type { ColumnDef } from '@tanstack/react-table'
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { OperatorRowFragment } from '../../generated/graphql.js'
import { Status, Tag } from '../../ui/badge.js'
import { DateTime } from '../../ui/date-time.js'
import type { Action, Question } from './asked.js'

const ICONS = { role: IconUserShield, password: IconKey, factor: IconShieldOff, enable: IconUserCheck, disable: IconUserOff } as const

/** What the API would refuse is not offered: of oneself, all but the role; of who cannot sign in, links and factors. */
function actionsFor({ id, disabledAt, totpEnabled }: OperatorRowFragment, me: string): Action[] {
  if (id === me) return ['role']
  if (disabledAt != null) return ['role', 'enable']
  return ['role', 'password', ...(totpEnabled ? ['factor' as const] : []), 'disable']
}

export function useOperatorColumns(me: string, onAsk: (question: Question) => void): Array<ColumnDef<OperatorRowFragment, unknown>> {
  const { t } = useTranslation(['operators', 'common'])
  return useMemo(() => [
    {
      id: 'name', accessorKey: 'name', enableHiding: false, meta: { title: t('operators:column.name'), csv: ({ name }) => name },
      cell: ({ row: { original: { id, name, email } } }) => (
        <div>
          <Group gap={6}><Text span fw={550} inherit style={{ overflowWrap: 'anywhere' }}>{name}</Text>{id === me && <Tag>{t('operators:you')}</Tag>}</Group>
          <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>{email}</Text>
        </div>
      ),
    },
    { id: 'email', enableSorting: false, meta: { title: t('operators:column.email'), csv: ({ email }) => email, hidden: true }, cell: ({ row }) => row.original.email },
    { id: 'role', accessorKey: 'role', meta: { title: t('operators:column.role'), csv: ({ role }) => role }, cell: ({ row }) => t(`common:role.${row.original.role}`) },
    {
      id: 'state', accessorFn: ({ disabledAt }) => disabledAt ?? '', meta: { title: t('operators:column.state'), csv: ({ disabledAt }) => (disabledAt == null ? 'ACTIVE' : 'DISABLED') },
      cell: ({ row: { original: { disabledAt } } }) => (disabledAt == null ? <Status tone="good">{t('operators:state.active')}</Status> : <Status tone="idle">{t('operators:state.disabled')}</Status>),
    },
    {
      id: 'factor', enableSorting: false, meta: { title: t('operators:column.factor'), csv: ({ totpEnabled }) => String(totpEnabled) },
      cell: ({ row: { original: { totpEnabled } } }) => <Text span inherit c={totpEnabled ? undefined : 'dimmed'}>{t(totpEnabled ? 'operators:factor.on' : 'operators:factor.off')}</Text>,
    },
    { id: 'createdAt', accessorKey: 'createdAt', meta: { title: t('operators:column.createdAt'), csv: ({ createdAt }) => createdAt }, cell: ({ row }) => <DateTime value={row.original.createdAt} /> },
    {
      id: 'actions', enableSorting: false, enableHiding: false, meta: { numeric: true },
      cell: ({ row: { original: operator } }) => (
        <Menu position="bottom-end" width={230}>
          <Menu.Target><ActionIcon data-row variant="subtle" color="gray" aria-label={t('operators:actionsOf', { name: operator.name })}><IconDots size={16} /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            {actionsFor(operator, me).map((action) => {
              const Picture = ICONS[action]
              return (
                <Menu.Item key={action} c={action === 'disable' ? 'var(--db-bad)' : undefined} leftSection={<Picture size={15} aria-hidden />} onClick={() => { onAsk({ action, operator }) }}>
                  {t(`operators:action.${action}`)}
                </Menu.Item>
              )
            })}
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ], [t, me, onAsk])
}
