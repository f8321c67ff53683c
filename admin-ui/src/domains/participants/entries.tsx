import { ActionIcon, Text, Tooltip } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { CampaignRowFragment, RiskRowFragment } from '../../generated/graphql.js'
import { Status, Tag } from '../../ui/badge.js'
import { DateTime } from '../../ui/date-time.js'
import { Section } from '../../ui/page.js'
import { useToast } from '../../ui/toast.js'
import { useEntries } from '../risk/use-entries.js'
import classes from './participants.module.css'

interface EntriesProps {
  readonly entries: readonly RiskRowFragment[]
  readonly campaigns: ReadonlyMap<string, CampaignRowFragment>
  readonly may: boolean
}

/** The lists that name the participant. What is taken off can be put back, so that nothing is asked. */
export function Entries({ entries, campaigns, may }: EntriesProps) {
  const { t } = useTranslation(['participants', 'risk'])
  const toast = useToast()
  const { remove } = useEntries()
  return (
    <Section title={t('participants:lists')} flush>
      {entries.length === 0 && <Text size="sm" c="dimmed" p="md">{t('participants:onNoList')}</Text>}
      <ul className={classes.list}>
        {entries.map(({ id, list, campaignId, reason, value, createdAt }) => (
          <li key={id}>
            <Status tone={list === 'BLOCK' ? 'bad' : 'good'}>{t(`risk:list.${list}`)}</Status>
            <Tag>{campaignId == null ? t('risk:everyCampaign') : (campaigns.get(campaignId)?.name ?? t('risk:oneCampaign'))}</Tag>
            <Text size="sm" className={classes.what}>{reason}</Text>
            <Text size="sm" c="dimmed" component="div"><DateTime value={createdAt} /></Text>
            {may && (
              <Tooltip label={t('risk:remove')}>
                <ActionIcon
                  variant="subtle" color="gray" aria-label={t('risk:removeWhat', { value })} loading={remove.isPending && remove.variables === id}
                  onClick={() => { remove.mutate(id, { onError: toast.failed }) }}
                >
                  <IconTrash size={16} />
                </ActionIcon>
              </Tooltip>
            )}
          </li>
        ))}
      </ul>
    </Section>
  )
}
