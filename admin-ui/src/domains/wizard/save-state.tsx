import { Button, Group } from '@mantine/core'
import { IconDeviceFloppy } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { Status } from '../../ui/badge.js'
import { useToast } from '../../ui/toast.js'
import { useCampaignDraft } from './draft-context.js'

/** Whether what is on the screen is also on the server, and a way to bring a draft there at any time; what is published changes on the last step. */
export function SaveState() {
  const { t } = useTranslation('wizard')
  const { dirty, busy, problems, save, fixed, isPublished } = useCampaignDraft()
  const toast = useToast()
  const state = busy ? 'saving' : problems.length > 0 ? 'refused' : dirty ? 'unsaved' : 'saved'
  const tone = { saving: 'info', refused: 'bad', unsaved: 'warn', saved: 'good' } as const
  const saveNow = async () => { if ((await save()) === 'done') toast.done(t('savedNow')) }
  return (
    <Group gap="xs">
      <span role="status"><Status tone={tone[state]}>{t(`state.${state}`, { count: problems.length })}</Status></span>
      {!isPublished && <Button variant="default" leftSection={<IconDeviceFloppy size={16} aria-hidden />} disabled={!dirty || busy} onClick={() => { void saveNow() }}>{t('save')}</Button>}
      <Button variant="default" renderRoot={(props) => <Link {...props} to="/campaigns/$id" params={{ id: fixed.id }} />}>{t('leave')}</Button>
    </Group>
  )
}
