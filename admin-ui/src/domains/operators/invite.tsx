import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { InviteOperatorDocument, type Role } from '../../generated/graphql.js'
import { onceWindow } from '../../ui/shown-once.js'
import { useFormErrors } from '../../ui/use-form-errors.js'
import { type GivenLink, GivenOnce } from './link-window.js'
import { RoleField } from './role-field.js'

interface InviteProps {
  readonly opened: boolean
  readonly onClose: () => void
  readonly onInvited: () => Promise<unknown>
}

/** Whom, as what; then the link, once. */
export function Invite({ opened, onClose, onInvited }: InviteProps) {
  const { t } = useTranslation(['operators', 'common'])
  const [link, setLink] = useState<GivenLink | null>(null)
  const close = () => {
    onClose()
    setLink(null)
  }
  return (
    <Modal
      opened={opened} onClose={close} title={<Text fw={600} span>{t(link === null ? 'operators:invite' : 'operators:link.invitationTitle')}</Text>}
      {...onceWindow(link !== null)} closeButtonProps={{ 'aria-label': t('common:actions.close') }}
    >
      {link === null
        ? <Form onCancel={close} onInvited={(given) => {
          setLink(given)
          void onInvited()
        }} />
        : <GivenOnce kind="invitation" link={link} onDone={close} />}
    </Modal>
  )
}

function Form({ onCancel, onInvited }: { onCancel: () => void; onInvited: (link: GivenLink) => void }) {
  const { t } = useTranslation(['operators', 'common'])
  const form = useForm<{ email: string; role: Role }>({ initialValues: { email: '', role: 'ANALYST' }, validate: { email: isNotEmpty(t('common:form.required')) } })
  const place = useFormErrors(form)
  const invite = useMutation({
    mutationFn: async (values: { email: string; role: Role }) => (await run(InviteOperatorDocument, values)).inviteOperator,
    onSuccess: ({ invitation: { email }, link }) => { onInvited({ email, ...link }) },
    onError: place,
  })
  return (
    <form onSubmit={form.onSubmit((values) => { invite.mutate(values) })} noValidate>
      <Stack gap="md">
        <TextInput data-autofocus label={t('operators:column.email')} description={t('operators:emailHint')} type="email" autoComplete="off" {...form.getInputProps('email')} />
        <RoleField {...form.getInputProps('role')} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>{t('common:actions.cancel')}</Button>
          <Button type="submit" loading={invite.isPending}>{t('operators:makeLink')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
