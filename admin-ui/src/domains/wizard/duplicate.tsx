import { Button, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core'
import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { CloneCampaignDocument, type CampaignMechanic } from '../../generated/graphql.js'
import { SLUG_CHARACTERS_MAX, slugOfCopy } from '../../lib/slug-of-copy.js'
import { Refusal } from '../../ui/refusal.js'
import { MECHANICS } from './choices.js'
import { useProblemText } from './problem-text.js'
import { outcomeOf } from './queries.js'
import { addressOf } from './stepper.js'

interface DuplicateProps {
  readonly campaign: { readonly id: string; readonly slug: string; readonly name: string; readonly mechanic: CampaignMechanic }
  readonly opened: boolean
  readonly onClose: () => void
}

/** Another draft like it, under an address of its own, and another mechanic if that is wanted. */
export function Duplicate({ campaign, opened, onClose }: DuplicateProps) {
  const { t } = useTranslation(['wizard', 'common'])
  return (
    <Modal
      opened={opened} onClose={onClose} title={<Text fw={600} span>{t('wizard:duplicate.title', { name: campaign.name })}</Text>}
      closeButtonProps={{ 'aria-label': t('common:actions.close') }}
    >
      <Questions campaign={campaign} onClose={onClose} />
    </Modal>
  )
}

function Questions({ campaign, onClose }: Pick<DuplicateProps, 'campaign' | 'onClose'>) {
  const { t } = useTranslation(['wizard', 'campaigns', 'common'])
  const client = useQueryClient()
  const navigate = useNavigate()
  const text = useProblemText()
  const form = useForm({ initialValues: { slug: slugOfCopy(campaign.slug, 1), mechanic: campaign.mechanic } })
  const clone = useMutation({
    mutationFn: async ({ slug, mechanic }: typeof form.values) =>
      outcomeOf((await run(CloneCampaignDocument, { id: campaign.id, slug, mechanic })).result),
    onSuccess: async (outcome) => {
      if (outcome.kind === 'invalid') return form.setFieldError('slug', outcome.problems.map(text).join(' '))
      if (outcome.kind === 'conflict') return
      await client.invalidateQueries({ queryKey: ['campaigns'] })
      onClose()
      await navigate({ to: addressOf('basics'), params: { id: outcome.id } })
    },
  })
  return (
    <form onSubmit={form.onSubmit((values) => { clone.mutate(values) })} noValidate>
      <Stack gap="md">
        <Text size="sm" c="dimmed">{t('wizard:duplicate.text')}</Text>
        <TextInput
          data-autofocus label={t('wizard:field.slug')} autoComplete="off" maxLength={SLUG_CHARACTERS_MAX} {...form.getInputProps('slug')}
        />
        <Select
          label={t('campaigns:column.mechanic')} allowDeselect={false}
          description={form.values.mechanic === campaign.mechanic ? undefined : t('wizard:duplicate.mechanicText')}
          data={MECHANICS.map((value) => ({ value, label: t(`campaigns:mechanic.${value}`) }))} {...form.getInputProps('mechanic')}
        />
        <Refusal error={clone.error} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>{t('common:actions.cancel')}</Button>
          <Button type="submit" loading={clone.isPending}>{t('wizard:duplicate.action')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
