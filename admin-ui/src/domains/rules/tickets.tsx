import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { RuledCampaignFragment } from '../../generated/graphql.js'
import { Section } from '../../ui/page.js'
import { EditButton } from './edit-dialog.js'
import { mayChange, type Stage } from './freedom.js'
import classes from './rules.module.css'
import { TicketEditor } from './ticket-editor.js'

/** Where a participant's tickets come from without a grant of the tenant's, in a sentence each. */
export function TicketSection({ campaign, stage, may }: { campaign: RuledCampaignFragment; stage: Stage; may: boolean }) {
  const { t } = useTranslation('rules')
  const { requiresTickets, ticketRules } = campaign
  const { dailyFree, signIn, share } = ticketRules ?? {}
  const ends = (days: number | null | undefined) => (days == null ? t('tickets.lasting') : t('tickets.ending', { count: days }))
  const bonuses = signIn?.streakBonuses.map(({ days, tickets }) => t('tickets.bonus', { days, count: tickets })).join(' · ') ?? ''
  const said = [
    ...(dailyFree == null ? [] : [t('tickets.dailyFree', { count: dailyFree.tickets })]),
    ...(signIn == null ? [] : [`${t('tickets.signIn', { count: signIn.tickets })} ${ends(signIn.expiresAfterDays)}${bonuses === '' ? '' : ` ${bonuses}`}`]),
    ...(share == null ? [] : [`${t('tickets.share', { count: share.tickets, perDay: share.perDayMax })} ${share.totalMax == null ? '' : t('tickets.shareTotal', { count: share.totalMax })} ${ends(share.expiresAfterDays)}`]),
  ]
  const mayEdit = may && requiresTickets && mayChange('ticketRules', stage)
  return (
    <Section title={t('tickets.title')} aside={mayEdit && <EditButton campaign={campaign} title={t('tickets.edit')} editor={TicketEditor} />}>
      {!requiresTickets && <Text size="sm" c="dimmed">{t('tickets.notNeeded')}</Text>}
      {requiresTickets && said.length === 0 && <Text size="sm" c="dimmed">{t('tickets.grantsOnly')}</Text>}
      {said.length > 0 && <ul className={classes.words}>{said.map((sentence) => <li key={sentence}>{sentence}</li>)}</ul>}
    </Section>
  )
}
