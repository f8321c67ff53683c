import { Text } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { CampaignRowFragment, ParticipantQuery } from '../../generated/graphql.js'
import { DateTime } from '../../ui/date-time.js'
import { Section } from '../../ui/page.js'
import { TextLink } from '../../ui/text-link.js'
import classes from './participants.module.css'

const route = getRouteApi('/shell/participants/$id')

interface WinsProps {
  readonly wins: ParticipantQuery['participant']['wins']
  readonly campaigns: ReadonlyMap<string, CampaignRowFragment>
}

/** Over all campaigns: where there are awards, the latest first. */
export function Wins({ wins, campaigns }: WinsProps) {
  const { t } = useTranslation('participants')
  const { id } = route.useParams()
  return (
    <Section title={t('wonIn')} flush>
      <ul className={classes.list}>
        {wins.map(({ campaignId, awards, lastAt }) => (
          <li key={campaignId}>
            <Text size="sm" fw={550} className={classes.what} component="div">
              <TextLink to="/participants/$id" params={{ id }} search={{ campaign: campaignId, part: 'awards' }} underline="hover">
                {campaigns.get(campaignId)?.name ?? campaignId}
              </TextLink>
            </Text>
            <Text size="sm" className="num">{t('awardCount', { count: awards })}</Text>
            <Text size="sm" c="dimmed" component="div"><DateTime value={lastAt} /></Text>
          </li>
        ))}
      </ul>
    </Section>
  )
}
