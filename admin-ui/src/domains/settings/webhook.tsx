import { Alert, Button, Code, CopyButton, Group, Stack, Text } from '@mantine/core'
import { IconCheck, IconCopy, IconEye, IconEyeOff, IconRefresh } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { RotateWebhookSecretDocument, WebhookSecretDocument } from '../../generated/graphql.js'
import { useMe } from '../../session/session.js'
import { ConfirmByName } from '../../ui/confirm-by-name.js'
import { useErrorText } from '../../ui/error-text.js'
import { Section } from '../../ui/page.js'
import { useToast } from '../../ui/toast.js'
import classes from './settings.module.css'

const icon = { size: 16, 'aria-hidden': true } as const

/** What webhooks are signed with. It is on the screen when somebody asks for it, and in no cache of the page. */
export function WebhookSettings() {
  const { t } = useTranslation(['settings', 'common'])
  const { tenant } = useMe()
  const toast = useToast()
  const text = useErrorText()
  const [secret, setSecret] = useState<string | null>(null)
  const [isAsking, setAsking] = useState(false)
  const show = useMutation({
    mutationFn: async () => (await run(WebhookSecretDocument, {})).webhookSecret, gcTime: 0,
    onSuccess: setSecret, onError: toast.failed,
  })
  const rotate = useMutation({
    mutationFn: async () => (await run(RotateWebhookSecretDocument, {})).rotateWebhookSecret, gcTime: 0,
    onSuccess: (next) => {
      setAsking(false)
      setSecret(next)
      toast.done(t('settings:webhook.rotated'))
    },
  })
  return (
    <Section title={t('settings:webhook.title')}>
      <Stack gap="md" maw={720}>
        <Text size="sm" c="dimmed">{t('settings:webhook.text')}</Text>
        {secret !== null && <Code block className={classes.secret}>{secret}</Code>}
        {rotate.isSuccess && <Alert variant="light" color="yellow" p="sm">{t('settings:webhook.both')}</Alert>}
        <Group gap="xs">
          {secret === null
            ? <Button variant="default" leftSection={<IconEye {...icon} />} loading={show.isPending} onClick={() => { show.mutate() }}>{t('settings:webhook.show')}</Button>
            : (
              <>
                <CopyButton value={secret}>
                  {({ copied, copy }) => (
                    <Button variant="default" onClick={copy} leftSection={copied ? <IconCheck {...icon} /> : <IconCopy {...icon} />}>{t(copied ? 'common:actions.copied' : 'common:actions.copy')}</Button>
                  )}
                </CopyButton>
                <Button
                  variant="default" leftSection={<IconEyeOff {...icon} />}
                  onClick={() => {
                    setSecret(null)
                    show.reset()
                    rotate.reset()
                  }}
                >
                  {t('settings:webhook.hide')}
                </Button>
              </>
            )}
          <Button
            variant="default" leftSection={<IconRefresh {...icon} />}
            onClick={() => {
              rotate.reset()
              setAsking(true)
            }}
          >
            {t('settings:webhook.rotate')}
          </Button>
        </Group>
      </Stack>
      <ConfirmByName
        opened={isAsking} onClose={() => { setAsking(false) }} title={t('settings:webhook.ask')} action={t('settings:webhook.rotate')} name={tenant.slug} danger
        busy={rotate.isPending} error={rotate.error === null ? undefined : text(rotate.error).detail} onConfirm={() => { rotate.mutate() }}
      >
        {t('settings:webhook.effect')}
      </ConfirmByName>
    </Section>
  )
}
