import { Button, Group, Text } from '@mantine/core'
import { IconDeviceFloppy, IconRocket } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { ConfirmByName } from '../../../ui/confirm-by-name.js'
import { Section } from '../../../ui/page.js'
import { useToast } from '../../../ui/toast.js'
import { useMayPublish } from '../../campaigns/use-may-publish.js'
import { useCampaignDraft } from '../draft-context.js'

/** The last thing: a draft is published, a published campaign gets its changes. Each only once its name is typed. */
export function Publish({ ready }: { ready: boolean }) {
  const { t } = useTranslation(['wizard', 'campaigns'])
  const { base, values, fixed, isPublished, dirty, busy, save, publish } = useCampaignDraft()
  const mayPublish = useMayPublish()
  const navigate = useNavigate()
  const toast = useToast()
  const [asked, setAsked] = useState(false)
  const Picture = isPublished ? IconDeviceFloppy : IconRocket
  const action = isPublished ? t('wizard:review.saveChanges') : t('campaigns:action.publish')
  // A campaign that was renamed here is asked for by the name that it will have.
  const name = values.name
  const confirm = async () => {
    const saved = dirty ? await save() : 'done'
    const result = saved === 'done' && !isPublished ? await publish() : saved
    setAsked(false)
    if (result !== 'done') return
    toast.done(isPublished ? t('wizard:savedNow') : t('campaigns:done.publish', { name }))
    await navigate({ to: '/campaigns/$id', params: { id: fixed.id }, ignoreBlocker: true })
  }
  if (!isPublished && !mayPublish) return <Section><Text size="sm" c="dimmed">{t('wizard:review.notYours')}</Text></Section>
  return (
    <Section title={isPublished ? t('wizard:review.saveChanges') : t('wizard:review.publish')}>
      <Group justify="space-between">
        <Text size="sm" c="dimmed" maw={640}>{isPublished ? t('wizard:review.saveText') : t('campaigns:effect.publish')}</Text>
        <Button
          leftSection={<Picture size={16} aria-hidden />} disabled={!ready || (isPublished && !dirty)}
          onClick={() => { setAsked(true) }}
        >
          {action}
        </Button>
      </Group>
      <ConfirmByName
        opened={asked} onClose={() => { setAsked(false) }} name={name} busy={busy} action={action} title={isPublished ? t('wizard:review.askSave') : t('campaigns:ask.publish')}
        onConfirm={() => { void confirm() }}
      >
        {isPublished ? t('wizard:review.saveText') : t('wizard:review.publishText', { version: base.fixed.version })}
      </ConfirmByName>
    </Section>
  )
}
