import { ActionIcon, Alert, Button, Fieldset, Group, Stack, Switch, Text } from '@mantine/core'
import { IconInfoCircle, IconPlus, IconTrash } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { EditForm, type EditorProps } from './edit-dialog.js'
import { stageOf } from './freedom.js'
import { NumberField } from './number-field.js'
import classes from './rules.module.css'

interface SignIn {
  readonly tickets: number | null
  readonly expiresAfterDays: number | null
  readonly streakBonuses: Array<{ key: number; days: number | null; tickets: number | null }>
}
type Share = Record<'tickets' | 'perDayMax' | 'totalMax' | 'expiresAfterDays', number | null>

const TICKETS_MAX = 1_000
const isSound = (...values: Array<number | null>) => values.every((value) => value !== null && value >= 1)

export function TicketEditor({ base, onClose }: EditorProps) {
  const { t } = useTranslation('rules')
  const { dailyFree, signIn, share } = base.ticketRules ?? {}
  const [daily, setDaily] = useState<number | null | undefined>(dailyFree?.tickets)
  const [signed, setSigned] = useState<SignIn | undefined>(signIn == null ? undefined : {
    tickets: signIn.tickets, expiresAfterDays: signIn.expiresAfterDays ?? null,
    streakBonuses: signIn.streakBonuses.map(({ days, tickets }, key) => ({ key, days, tickets })),
  })
  const [shared, setShared] = useState<Share | undefined>(share == null ? undefined : {
    tickets: share.tickets, perDayMax: share.perDayMax, totalMax: share.totalMax ?? null, expiresAfterDays: share.expiresAfterDays ?? null,
  })
  const sound = (daily === undefined || isSound(daily)) && (shared === undefined || isSound(shared.tickets, shared.perDayMax))
    && (signed === undefined || isSound(signed.tickets, ...signed.streakBonuses.flatMap(({ days, tickets }) => [days, tickets])))
  const none = daily === undefined && signed === undefined && shared === undefined
  const ticketRules = none ? null : {
    dailyFree: daily === undefined ? null : { tickets: daily! },
    signIn: signed === undefined ? null : {
      tickets: signed.tickets!, expiresAfterDays: signed.expiresAfterDays,
      streakBonuses: signed.streakBonuses.map(({ days, tickets }) => ({ days: days!, tickets: tickets! })).sort((a, b) => a.days - b.days),
    },
    share: shared === undefined ? null : { ...shared, tickets: shared.tickets!, perDayMax: shared.perDayMax! },
  }
  return (
    <EditForm base={base} onClose={onClose} patch={sound ? { ticketRules } : null}>
      {stageOf(base, Date.now()) === 'begun' && <Alert variant="light" color="gray" p="sm" icon={<IconInfoCircle size={18} />}>{t('tickets.betterOnly')}</Alert>}
      <Rule name={t('field.dailyFree')} on={daily !== undefined} onToggle={(on) => { setDaily(on ? 1 : undefined) }}>
        <NumberField label={t('field.tickets')} description={t('tickets.dailyHint')} max={TICKETS_MAX} value={daily ?? null} onChange={setDaily} />
      </Rule>
      <Rule name={t('field.signIn')} on={signed !== undefined} onToggle={(on) => { setSigned(on ? { tickets: 1, expiresAfterDays: null, streakBonuses: [] } : undefined) }}>
        {signed !== undefined && (
          <>
            <div className={classes.fields}>
              <NumberField label={t('field.tickets')} max={TICKETS_MAX} value={signed.tickets} onChange={(tickets) => { setSigned({ ...signed, tickets }) }} />
              <NumberField label={t('field.expiresAfterDays')} placeholder={t('tickets.never')} max={30} value={signed.expiresAfterDays} onChange={(expiresAfterDays) => { setSigned({ ...signed, expiresAfterDays }) }} />
            </div>
            <Bonuses bonuses={signed.streakBonuses} onChange={(streakBonuses) => { setSigned({ ...signed, streakBonuses }) }} />
          </>
        )}
      </Rule>
      <Rule name={t('field.share')} on={shared !== undefined} onToggle={(on) => { setShared(on ? { tickets: 1, perDayMax: 1, totalMax: null, expiresAfterDays: null } : undefined) }}>
        {shared !== undefined && (
          <div className={classes.fields}>
            {(['tickets', 'perDayMax', 'totalMax', 'expiresAfterDays'] as const).map((field) => (
              <NumberField
                key={field} label={t(`field.${field}`)} placeholder={field === 'totalMax' ? t('noLimit') : field === 'expiresAfterDays' ? t('tickets.never') : undefined}
                max={field === 'expiresAfterDays' ? 30 : TICKETS_MAX} value={shared[field]} onChange={(value) => { setShared({ ...shared, [field]: value }) }}
              />
            ))}
          </div>
        )}
      </Rule>
    </EditForm>
  )
}

const Rule = ({ name, on, onToggle, children }: { name: string; on: boolean; onToggle: (on: boolean) => void; children: ReactNode }) => (
  <Fieldset radius="md" p="sm">
    <Switch label={name} fw={550} checked={on} onChange={(event) => { onToggle(event.currentTarget.checked) }} mb={on ? 'sm' : 0} />
    {on && <Stack gap="sm">{children}</Stack>}
  </Fieldset>
)

function Bonuses({ bonuses, onChange }: { bonuses: SignIn['streakBonuses']; onChange: (bonuses: SignIn['streakBonuses']) => void }) {
  const { t } = useTranslation('rules')
  return (
    <div>
      <Text size="sm" fw={500}>{t('field.streakBonuses')}</Text>
      <Text size="xs" c="dimmed" mb={6}>{t('tickets.bonusHint')}</Text>
      <Stack gap={8}>
        {bonuses.map((bonus, at) => {
          const set = (part: Partial<typeof bonus>) => { onChange(bonuses.map((each) => (each === bonus ? { ...each, ...part } : each))) }
          return (
            <Group key={bonus.key} gap="xs">
              <NumberField w={120} aria-label={`${t('field.days')} ${at + 1}`} placeholder={t('field.days')} max={366} value={bonus.days} onChange={(days) => { set({ days }) }} />
              <NumberField w={120} aria-label={`${t('field.tickets')} ${at + 1}`} placeholder={t('field.tickets')} max={TICKETS_MAX} value={bonus.tickets} onChange={(tickets) => { set({ tickets }) }} />
              <ActionIcon variant="subtle" color="gray" aria-label={t('tickets.removeBonus', { days: bonus.days ?? at + 1 })} onClick={() => { onChange(bonuses.filter((each) => each !== bonus)) }}><IconTrash size={16} /></ActionIcon>
            </Group>
          )
        })}
      </Stack>
      <Button mt={8} size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden />} onClick={() => {
        onChange([...bonuses, { key: Math.max(-1, ...bonuses.map(({ key }) => key)) + 1, days: null, tickets: 1 }])
      }}>{t('tickets.addBonus')}</Button>
    </div>
  )
}
