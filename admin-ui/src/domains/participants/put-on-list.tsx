import { Alert, Button, Group, Modal, Radio, Stack, Text, TextInput } from '@mantine/core'
import { isNotEmpty, useForm } from '@mantine/form'
import { IconBan, IconInfoCircle, IconShieldCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../../api/errors.js'
import type { CampaignRowFragment, RiskList, RiskRowFragment } from '../../generated/graphql.js'
import { useFormErrors } from '../../ui/use-form-errors.js'
import { useEntries } from '../risk/use-entries.js'

const REASON_CHARACTERS_MAX = 500

interface PutOnListProps {
  readonly userId: string
  /** The one whose draws are shown, which the entry can be for alone. */
  readonly campaign: CampaignRowFragment | undefined
  readonly entries: readonly RiskRowFragment[]
}

/** Block and allow: in force on the very next draw, with a reason, in one campaign or in all. */
export function PutOnList({ userId, campaign, entries }: PutOnListProps) {
  const { t } = useTranslation(['participants', 'common'])
  const [list, setList] = useState<RiskList | null>(null)
  const has = (wanted: RiskList) => entries.some((entry) => entry.list === wanted && entry.campaignId == null)
  return (
    <>
      <Button variant="default" leftSection={<IconShieldCheck size={16} aria-hidden />} disabled={has('ALLOW')} onClick={() => { setList('ALLOW') }}>{t('participants:put.ALLOW')}</Button>
      <Button color="red.8" leftSection={<IconBan size={16} aria-hidden />} disabled={has('BLOCK')} onClick={() => { setList('BLOCK') }}>{t('participants:put.BLOCK')}</Button>
      <Modal
        opened={list !== null} onClose={() => { setList(null) }} title={<Text fw={600} span>{list !== null && t(`participants:ask.${list}`, { id: userId })}</Text>}
        closeButtonProps={{ 'aria-label': t('common:actions.close') }}
      >
        {list !== null && <EntryForm list={list} userId={userId} campaign={campaign} isAllowed={has('ALLOW')} onClose={() => { setList(null) }} />}
      </Modal>
    </>
  )
}

interface EntryFormProps extends Omit<PutOnListProps, 'entries'> {
  readonly list: RiskList
  readonly isAllowed: boolean
  readonly onClose: () => void
}

function EntryForm({ list, userId, campaign, isAllowed, onClose }: EntryFormProps) {
  const { t } = useTranslation(['participants', 'risk', 'common'])
  const { add } = useEntries()
  const form = useForm({ initialValues: { scope: 'all', reason: '' }, validate: { reason: isNotEmpty(t('common:form.required')) } })
  const place = useFormErrors(form)
  return (
    <form noValidate onSubmit={form.onSubmit(({ scope, reason }) => {
      const campaignId = scope === 'all' ? null : campaign?.id ?? null
      add.mutate({ campaignId, list, subject: 'PARTICIPANT', value: userId, reason }, {
        onSuccess: onClose,
        onError: (error) => {
          place(error)
          if (isApiError(error, 'APPROVAL_REQUIRED')) onClose()
        },
      })
    })}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">{t(`risk:listText.${list}`)} {t('risk:addText')}</Text>
        {list === 'BLOCK' && isAllowed && <Alert variant="light" color="yellow" icon={<IconInfoCircle size={18} />} p="sm">{t('participants:allowedWins')}</Alert>}
        {campaign !== undefined && (
          <Radio.Group label={t('risk:column.scope')} {...form.getInputProps('scope')}>
            <Stack gap="xs" mt="xs">
              <Radio value="all" label={t('risk:everyCampaign')} />
              <Radio value="one" label={campaign.name} />
            </Stack>
          </Radio.Group>
        )}
        <TextInput data-autofocus label={t('risk:column.reason')} description={t('risk:reasonHint')} maxLength={REASON_CHARACTERS_MAX} autoComplete="off" {...form.getInputProps('reason')} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
          <Button type="submit" color={list === 'BLOCK' ? 'red.8' : undefined} loading={add.isPending}>{t(`participants:putAction.${list}`)}</Button>
        </Group>
      </Stack>
    </form>
  )
}
