import { Alert, Button, Group, Stack, Text, TextInput } from '@mantine/core'
import { IconAlertTriangle, IconDice5, IconFlask, IconRepeat } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Section } from '../../ui/page.js'
import { draw, type Attempt } from './draw.js'
import { FromCode } from './from-code.js'
import { KeyField } from './key-field.js'
import { Told } from './told.js'
import classes from './tryit.module.css'

const TEST_KEY = 'dbt_'
const USER = 'user-1'
const USER_CHARACTERS_MAX = 64

/** A draw as an app makes it, from this page, and the same call for the reader's own code. The key is nowhere but on the screen. */
export function TryPanel({ campaignId, onDrawn }: { campaignId: string; onDrawn?: (attempt: Attempt) => void }) {
  const { t } = useTranslation('tryit')
  const [key, setKey] = useState('')
  const [userId, setUserId] = useState(USER)
  const given = key.trim()
  const isTest = given.startsWith(TEST_KEY)
  const attempt = useMutation({
    mutationFn: (idempotencyKey: string) => draw(given, { campaignId, userId: userId.trim(), idempotencyKey }),
    onSuccess: (told) => { onDrawn?.(told) },
  })
  const told = attempt.data
  const ready = given !== '' && userId.trim() !== ''
  return (
    <div className={classes.columns}>
      <Section title={t('title')}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            if (ready && !attempt.isPending) attempt.mutate(crypto.randomUUID())
          }}
        >
          <Stack gap="md">
            <Text size="sm" c="dimmed">{t('text')}</Text>
            <KeyField value={key} onChange={setKey} />
            {given !== '' && (isTest
              ? <Alert variant="light" color="teal" icon={<IconFlask size={18} />} p="sm">{t('key.test')}</Alert>
              : <Alert variant="light" color="yellow" icon={<IconAlertTriangle size={18} />} p="sm">{t('key.live')}</Alert>)}
            <TextInput
              label={t('user')} description={t('userHint')} value={userId} maxLength={USER_CHARACTERS_MAX} autoComplete="off"
              onChange={(event) => { setUserId(event.currentTarget.value) }}
            />
            <Group gap="xs">
              <Button type="submit" leftSection={<IconDice5 size={17} aria-hidden />} disabled={!ready} loading={attempt.isPending}>
                {t(given === '' || isTest ? 'draw' : 'drawReal')}
              </Button>
              {told !== undefined && told.status !== null && (
                <Button variant="default" leftSection={<IconRepeat size={16} aria-hidden />} disabled={!ready || attempt.isPending} onClick={() => { attempt.mutate(told.idempotencyKey) }}>
                  {t('again')}
                </Button>
              )}
            </Group>
            <div aria-live="polite">{told !== undefined && <Told attempt={told} />}</div>
          </Stack>
        </form>
      </Section>
      <FromCode campaignId={campaignId} userId={userId.trim() === '' ? USER : userId.trim()} />
    </div>
  )
}
