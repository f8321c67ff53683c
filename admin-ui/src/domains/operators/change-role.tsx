import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { SetOperatorRoleDocument, type OperatorRowFragment, type Role } from '../../generated/graphql.js'
import { meQuery, useMe } from '../../session/session.js'
import { useErrorText } from '../../ui/error-text.js'
import { useToast } from '../../ui/toast.js'
import { isMoved } from '../../ui/use-theirs.js'
import { RoleField } from './role-field.js'

interface ChangeRoleProps {
  readonly operator: OperatorRowFragment | null
  readonly isLastOwner: boolean
  readonly onClose: () => void
  readonly onDone: () => Promise<unknown>
}

export function ChangeRole({ operator, ...props }: ChangeRoleProps) {
  const { t } = useTranslation(['operators', 'common'])
  return (
    <Modal
      opened={operator !== null} onClose={props.onClose} closeButtonProps={{ 'aria-label': t('common:actions.close') }}
      title={<Text fw={600} span>{t('operators:ask.role', { name: operator?.name ?? '' })}</Text>}
    >
      {operator !== null && <Form operator={operator} {...props} />}
    </Modal>
  )
}

function Form({ operator: { id, role, name }, isLastOwner, onClose, onDone }: ChangeRoleProps & { operator: OperatorRowFragment }) {
  const { t } = useTranslation(['operators', 'common'])
  const me = useMe()
  const client = useQueryClient()
  const toast = useToast()
  const text = useErrorText()
  const form = useForm<{ role: Role }>({ initialValues: { role } })
  const change = useMutation({
    mutationFn: (values: { role: Role }) => run(SetOperatorRoleDocument, { id, ...values, expected: role }),
    onSuccess: async () => {
      toast.done(t('operators:done.role', { name }))
      onClose()
      // What one may do oneself is another from now on.
      if (id === me.id) await client.invalidateQueries({ queryKey: meQuery.queryKey })
      await onDone()
    },
    // The list shows what somebody else has made of it.
    onError: (error) => { if (isMoved(error)) void onDone() },
  })
  return (
    <form onSubmit={form.onSubmit((values) => { change.mutate(values) })} noValidate>
      <Stack gap="md">
        {isLastOwner && <Alert variant="light" color="yellow" p="sm">{t('operators:lastOwner')}</Alert>}
        {!isLastOwner && id === me.id && <Alert variant="light" color="yellow" p="sm">{t('operators:ownRole')}</Alert>}
        <RoleField {...form.getInputProps('role')} />
        <Text size="sm" c="dimmed">{t('operators:effect.role')}</Text>
        {change.error !== null && <Alert color="red" variant="light" role="alert">{text(change.error).detail}</Alert>}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
          <Button type="submit" disabled={!form.isDirty() || isLastOwner} loading={change.isPending}>{t('operators:confirm.role')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
