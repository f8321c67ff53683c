import { Button, Group, Stack, TextInput } from '@mantine/core'
import { IconSearch } from '@tabler/icons-react'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { Page, Section } from '../../ui/page.js'
import { CampaignSelect } from './campaign-select.js'
import { useDrawnFrom } from './queries.js'

const ID_CHARACTERS_MAX = 128

/** Participants are known by the tenant's own ids; the product lists none of them. */
export function FindParticipant() {
  const { t } = useTranslation('participants')
  const navigate = useNavigate()
  const campaigns = useDrawnFrom()
  const [id, setId] = useState('')
  const [campaign, setCampaign] = useState<string>()
  return (
    <Page title={t('nav')} text={t('text')}>
      <Section>
        <form onSubmit={(event) => {
          event.preventDefault()
          if (id.trim() === '') return
          void navigate({ to: '/participants/$id', params: { id: id.trim() }, search: campaign === undefined ? {} : { campaign } })
        }}>
          <Stack gap="md" maw={620}>
            <TextInput
              data-search autoFocus autoComplete="off" label={t('id')} description={t('idHint')} maxLength={ID_CHARACTERS_MAX}
              value={id} onChange={(event) => { setId(event.currentTarget.value) }}
            />
            <CampaignSelect campaigns={campaigns} value={campaign} onChange={setCampaign} />
            <Group><Button type="submit" disabled={id.trim() === ''} leftSection={<IconSearch size={16} aria-hidden />}>{t('find')}</Button></Group>
          </Stack>
        </form>
      </Section>
    </Page>
  )
}
