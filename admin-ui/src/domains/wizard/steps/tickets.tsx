import { Stack, Switch } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Section } from '../../../ui/page.js'
import { useCampaignDraft } from '../draft-context.js'
import { CountField, useProblem } from '../fields.js'
import type { TicketValues } from '../values.js'
import classes from '../wizard.module.css'
import { RowList } from './row-list.js'

const TICKETS_MAX = 1_000
const DAYS_MAX = 30
const STREAK_DAYS_MAX = 366
const BONUSES_MAX = 31

/** Whether a draw costs a ticket, and which tickets participants get by rule. */
export function Tickets() {
  const { t } = useTranslation('wizard')
  const { values: { requiresTickets, tickets }, change } = useCampaignDraft()
  const problem = useProblem()
  const set = (patch: Partial<TicketValues>) => { change({ tickets: { ...tickets, ...patch } }) }
  return (
    <Section title={t('tickets.title')}>
      <Stack gap="md">
        <Switch
          label={t('field.requiresTickets')} description={t('tickets.text')} checked={requiresTickets} error={problem('ticketRules')}
          onChange={(event) => { change({ requiresTickets: event.currentTarget.checked }) }}
        />
        {requiresTickets && (
          <>
            <div className={classes.narrow}>
              <CountField
                label={t('field.ticketsDaily')} description={t('tickets.dailyText')} path="ticketRules.dailyFree.tickets" max={TICKETS_MAX} value={tickets.dailyFree}
                onChange={(dailyFree) => { set({ dailyFree }) }}
              />
            </div>
            <SignIn rules={tickets.signIn} onChange={(signIn) => { set({ signIn }) }} />
            <Share rules={tickets.share} onChange={(share) => { set({ share }) }} />
          </>
        )}
      </Stack>
    </Section>
  )
}

function SignIn({ rules, onChange }: { rules: TicketValues['signIn']; onChange: (rules: TicketValues['signIn']) => void }) {
  const { t } = useTranslation('wizard')
  const problem = useProblem()
  const at = 'ticketRules.signIn'
  return (
    <div className={classes.box}>
      <Switch
        label={t('field.ticketsSignIn')} description={t('tickets.signInText')} checked={rules !== null}
        onChange={(event) => { onChange(event.currentTarget.checked ? { tickets: 1, expiresAfterDays: '', streakBonuses: [] } : null) }}
      />
      {rules !== null && (
        <Stack gap="md" mt="md">
          <div className={classes.row}>
            <CountField label={t('tickets.each')} path={`${at}.tickets`} max={TICKETS_MAX} value={rules.tickets} onChange={(tickets) => { onChange({ ...rules, tickets }) }} />
            <CountField
              label={t('tickets.expires')} placeholder={t('tickets.never')} path={`${at}.expiresAfterDays`} max={DAYS_MAX} value={rules.expiresAfterDays}
              onChange={(expiresAfterDays) => { onChange({ ...rules, expiresAfterDays }) }}
            />
          </div>
          <RowList
            rows={rules.streakBonuses} onChange={(streakBonuses) => { onChange({ ...rules, streakBonuses }) }} fresh={() => ({ days: '' as const, tickets: '' as const })}
            add={t('tickets.addBonus')} remove={(number) => t('tickets.removeBonus', { number })} max={BONUSES_MAX} error={problem(`${at}.streakBonuses`)}
            row={(bonus, change, index) => (
              <>
                <CountField label={t('tickets.bonusDays')} path={`${at}.streakBonuses[${index}].days`} max={STREAK_DAYS_MAX} value={bonus.days} onChange={(days) => { change({ days }) }} />
                <CountField label={t('tickets.bonus')} path={`${at}.streakBonuses[${index}].tickets`} max={TICKETS_MAX} value={bonus.tickets} onChange={(tickets) => { change({ tickets }) }} />
              </>
            )}
          />
        </Stack>
      )}
    </div>
  )
}

function Share({ rules, onChange }: { rules: TicketValues['share']; onChange: (rules: TicketValues['share']) => void }) {
  const { t } = useTranslation('wizard')
  const at = 'ticketRules.share'
  return (
    <div className={classes.box}>
      <Switch
        label={t('field.ticketsShare')} description={t('tickets.shareText')} checked={rules !== null}
        onChange={(event) => { onChange(event.currentTarget.checked ? { tickets: 1, perDayMax: 1, totalMax: '', expiresAfterDays: '' } : null) }}
      />
      {rules !== null && (
        <div className={classes.row} style={{ marginTop: 16 }}>
          <CountField label={t('tickets.each')} path={`${at}.tickets`} max={TICKETS_MAX} value={rules.tickets} onChange={(tickets) => { onChange({ ...rules, tickets }) }} />
          <CountField label={t('tickets.perDay')} path={`${at}.perDayMax`} max={TICKETS_MAX} value={rules.perDayMax} onChange={(perDayMax) => { onChange({ ...rules, perDayMax }) }} />
          <CountField label={t('tickets.total')} placeholder={t('noLimit')} path={`${at}.totalMax`} max={TICKETS_MAX} value={rules.totalMax} onChange={(totalMax) => { onChange({ ...rules, totalMax }) }} />
          <CountField
            label={t('tickets.expires')} placeholder={t('tickets.never')} path={`${at}.expiresAfterDays`} max={DAYS_MAX} value={rules.expiresAfterDays}
            onChange={(expiresAfterDays) => { onChange({ ...rules, expiresAfterDays }) }}
          />
        </div>
      )}
    </div>
  )
}
