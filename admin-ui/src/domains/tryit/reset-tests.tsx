import { Button, Group, Text } from '@mantine/core'
import { IconFlaskOff } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ResetTestDrawsDocument } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { ConfirmByName } from '../../ui/confirm-by-name.js'
import { useErrorText } from '../../ui/error-text.js'
import { Section } from '../../ui/page.js'
import { useToast } from '../../ui/toast.js'

/** Empties the campaign's test world, for all who try it: asked for by its name. Nothing for who may not. */
export function ResetTests({ campaignId, name }: { campaignId: string; name: string }) {
  const { t } = useTranslation('tryit')
  const may = useMay('CONFIGURE')
  const toast = useToast()
  const text = useErrorText()
  const [asking, setAsking] = useState(false)
  const reset = useMutation({
    mutationFn: () => run(ResetTestDrawsDocument, { campaignId }),
    onSuccess: () => {
      setAsking(false)
      toast.done(t('reset.done'))
    },
  })
  if (!may) return null
  const ask = () => {
    reset.reset()
    setAsking(true)
  }
  return (
    <Section title={t('reset.title')}>
      <Group justify="space-between" gap="md">
        <Text size="sm" c="dimmed" maw={560}>{t('reset.text')}</Text>
        <Button variant="default" leftSection={<IconFlaskOff size={16} aria-hidden />} onClick={ask}>{t('reset.action')}</Button>
      </Group>
      <ConfirmByName
        opened={asking} onClose={() => { setAsking(false) }} title={t('reset.ask')} action={t('reset.action')} name={name}
        busy={reset.isPending} error={reset.error === null ? undefined : text(reset.error).detail} onConfirm={() => { reset.mutate() }}
      >
        {t('reset.effect')}
      </ConfirmByName>
    </Section>
  )
}
