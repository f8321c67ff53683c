import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Section } from '../../../ui/page.js'
import { useCampaignDraft } from '../draft-context.js'
import classes from '../wizard.module.css'
import { Packets } from './packets.js'
import { Tickets } from './tickets.js'

const POINTS = ['how', 'odds', 'stock', 'limits'] as const

/** What the mechanic means for participants and for the stock, and what is its own. */
export function MechanicStep() {
  const { t } = useTranslation(['wizard', 'campaigns'])
  const { fixed: { mechanic } } = useCampaignDraft()
  return (
    <>
      <Section title={t(`campaigns:mechanic.${mechanic}`)}>
        <Text size="sm">{t(`wizard:mechanic.${mechanic}.what`)}</Text>
        <ul className={classes.points}>
          {POINTS.map((point) => <li key={point}>{t(`wizard:mechanic.${mechanic}.${point}`)}</li>)}
        </ul>
        <Text size="xs" c="dimmed" mt="md">{t('wizard:mechanic.other')}</Text>
      </Section>
      {mechanic === 'RED_PACKET' && <Packets />}
      <Tickets />
    </>
  )
}
