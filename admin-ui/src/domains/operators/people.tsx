import { Button, Text } from '@mantine/core'
import { IconUserPlus, IconUsers } from '@tabler/icons-react'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../session/session.js'
import { DataTable } from '../../ui/data-table/data-table.js'
import { Page } from '../../ui/page.js'
import { State } from '../../ui/states.js'
import { Asked, type Question } from './asked.js'
import { useOperatorColumns } from './columns.js'
import { Invitations } from './invitations.js'
import { Invite } from './invite.js'
import { OPERATORS_KEY, operatorsQuery } from './queries.js'
import { RoleTable } from './role-table.js'

const route = getRouteApi('/shell/operators')

/** A tenant's staff: who they are, who is to come, and what each may do. */
export function People() {
  const { t } = useTranslation('operators')
  const me = useMe()
  const view = route.useSearch()
  const navigate = route.useNavigate()
  const client = useQueryClient()
  const [isInviting, setInviting] = useState(false)
  const [question, setQuestion] = useState<Question | null>(null)
  const { data, error, refetch } = useQuery(operatorsQuery)
  const owners = data?.filter(({ role, disabledAt }) => role === 'OWNER' && disabledAt == null) ?? []
  const columns = useOperatorColumns(me.id, setQuestion)
  const refresh = () => client.invalidateQueries({ queryKey: OPERATORS_KEY })
  return (
    <Page
      title={t('nav')} text={t('text')}
      actions={<Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => { setInviting(true) }}>{t('invite')}</Button>}
    >
      <DataTable
        id="operators" label={t('nav')} columns={columns} rows={data} rowId={({ id }) => id} error={error} retry={() => { void refetch() }}
        view={view} onView={(search) => { void navigate({ search }) }}
        filters={<Text size="sm" c="dimmed">{data !== undefined && t('count', { count: data.filter(({ disabledAt }) => disabledAt == null).length })}</Text>}
        empty={<State icon={IconUsers} title={t('empty')} text={t('emptyText')} />}
      />
      <Invitations />
      <RoleTable />
      <Invite opened={isInviting} onClose={() => { setInviting(false) }} onInvited={refresh} />
      <Asked
        question={question} isLastOwner={owners.length === 1 && owners[0]?.id === question?.operator.id}
        onClose={() => { setQuestion(null) }} onDone={refresh}
      />
    </Page>
  )
}
