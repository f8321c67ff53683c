import { Button, Table, Text } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { RevokeInvitationDocument, type InvitationRowFragment } from '../../generated/graphql.js'
import { Status } from '../../ui/badge.js'
import { ConfirmByName } from '../../ui/confirm-by-name.js'
import { DateTime } from '../../ui/date-time.js'
import { useErrorText } from '../../ui/error-text.js'
import { LoadingRows } from '../../ui/loading.js'
import { Section } from '../../ui/page.js'
import { ErrorState } from '../../ui/states.js'
import { useToast } from '../../ui/toast.js'
import classes from './operators.module.css'
import { invitationsQuery } from './queries.js'

/** Links that were given and not used. */
export function Invitations() {
  const { t } = useTranslation(['operators', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const text = useErrorText()
  const [asked, setAsked] = useState<InvitationRowFragment | null>(null)
  const { data, error, refetch } = useQuery(invitationsQuery)
  const revoke = useMutation({
    mutationFn: (id: string) => run(RevokeInvitationDocument, { id }),
    onSuccess: async ({ revokeInvitation: { email } }) => {
      setAsked(null)
      toast.done(t('operators:invitation.revoked', { email }))
      await client.invalidateQueries({ queryKey: invitationsQuery.queryKey })
    },
  })
  return (
    <Section title={t('operators:invitation.title')} flush>
      {data === undefined && (error === null ? <LoadingRows rows={2} /> : <ErrorState error={error} retry={() => { void refetch() }} />)}
      {data?.length === 0 && <Text size="sm" c="dimmed" p="md">{t('operators:invitation.none')}</Text>}
      {data !== undefined && data.length > 0 && (
        <Table.ScrollContainer minWidth={620}>
          <Table aria-label={t('operators:invitation.title')} className={classes.open}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t('operators:column.email')}</Table.Th><Table.Th>{t('operators:column.role')}</Table.Th><Table.Th>{t('operators:column.invited')}</Table.Th>
                <Table.Th>{t('operators:link.until')}</Table.Th><Table.Td />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.map((invitation) => (
                <Table.Tr key={invitation.id}>
                  <Table.Td style={{ overflowWrap: 'anywhere' }}>{invitation.email}</Table.Td>
                  <Table.Td>{t(`common:role.${invitation.role}`)}</Table.Td>
                  <Table.Td><DateTime value={invitation.createdAt} /></Table.Td>
                  <Table.Td>{Date.parse(invitation.expiresAt) > Date.now() ? <DateTime value={invitation.expiresAt} /> : <Status tone="idle">{t('operators:invitation.expired')}</Status>}</Table.Td>
                  <Table.Td ta="end">
                    <Button
                      variant="subtle" color="gray" size="compact-sm" aria-label={t('operators:invitation.revokeWhose', { email: invitation.email })}
                      onClick={() => {
                        revoke.reset()
                        setAsked(invitation)
                      }}
                    >
                      {t('operators:invitation.revoke')}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      <ConfirmByName
        opened={asked !== null} onClose={() => { setAsked(null) }} title={t('operators:invitation.ask')} action={t('operators:invitation.revoke')} name={asked?.email ?? ''} danger
        busy={revoke.isPending} error={revoke.error === null ? undefined : text(revoke.error).detail}
        onConfirm={() => { if (asked !== null) revoke.mutate(asked.id) }}
      >
        {t('operators:invitation.effect')}
      </ConfirmByName>
    </Section>
  )
}
