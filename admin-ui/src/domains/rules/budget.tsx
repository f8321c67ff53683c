import { Alert, SimpleGrid, Switch, Text, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { IconInfoCircle } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CampaignBudgetStatusQuery, RuledCampaignFragment } from '../../generated/graphql.js'
import { minorDigits, money, share } from '../../lib/format.js'
import { Meter, Status } from '../../ui/badge.js'
import { DateTime } from '../../ui/date-time.js'
import { Section } from '../../ui/page.js'
import { EditButton, EditForm, type EditorProps } from './edit-dialog.js'
import { mayChange, type Stage, stageOf } from './freedom.js'
import { NumberField } from './number-field.js'
import { budgetQuery } from './queries.js'
import classes from './rules.module.css'

const WARN_PERCENT = 80
const tone = (percent: number) => (percent >= 100 ? 'bad' : percent >= WARN_PERCENT ? 'warn' : 'good')

/** What may be spent, what is spent, and when somebody should have looked. */
export function BudgetSection({ campaign, stage, may }: { campaign: RuledCampaignFragment; stage: Stage; may: boolean }) {
  const { t } = useTranslation('rules')
  const { data: status } = useQuery({ ...budgetQuery(campaign.id), enabled: campaign.budget != null && stage !== 'draft' })
  const { budget } = campaign
  return (
    <Section title={t('budget.title')} aside={may && mayChange('budget', stage) && <EditButton campaign={campaign} title={t('budget.edit')} editor={BudgetEditor} />}>
      {budget == null && <Text size="sm" c="dimmed">{t('budget.none')}</Text>}
      {budget != null && (
        <div className={classes.meters}>
          {budget.totalMinor != null && <Spent name={t('budget.total')} spent={status?.spentMinor} limit={budget.totalMinor} currency={budget.currency} />}
          {budget.dailyMinor != null && <Spent name={t('budget.daily', { day: status?.day ?? '' })} spent={status?.spentTodayMinor} limit={budget.dailyMinor} currency={budget.currency} />}
        </div>
      )}
      {status != null && status.alerts.length > 0 && <Alerts status={status} />}
    </Section>
  )
}

function Spent({ name, spent, limit, currency }: { name: string; spent: number | null | undefined; limit: number; currency: string }) {
  const { t, i18n } = useTranslation('rules')
  const text = t('budget.spent', { spent: spent == null ? '–' : money(spent, currency, i18n.language), limit: money(limit, currency, i18n.language) })
  const percent = share(spent ?? 0, limit)
  return (
    <div>
      <Text size="xs" c="dimmed">{name}</Text>
      <Text size="sm" fw={550} className="num" mb={6}>{text}</Text>
      <Meter value={percent} label={text} tone={tone(percent)} />
    </div>
  )
}

function Alerts({ status: { alerts, budget: { currency } } }: { status: NonNullable<CampaignBudgetStatusQuery['budget']> }) {
  const { t, i18n } = useTranslation('rules')
  return (
    <ul className={classes.alerts} aria-label={t('budget.alerts')}>
      {alerts.map(({ scope, day, percent, spentMinor, limitMinor, at }) => (
        <li key={`${scope} ${day} ${percent}`}>
          <Status tone={percent >= 100 ? 'bad' : 'warn'}>{t(`budget.reached.${scope}`, { percent, day })}</Status>
          <span className="num">{t('budget.spent', { spent: money(spentMinor, currency, i18n.language), limit: money(limitMinor, currency, i18n.language) })}</span>
          <Text span c="dimmed" inherit><DateTime value={at} /></Text>
        </li>
      ))}
    </ul>
  )
}

function BudgetEditor({ base, onClose }: EditorProps) {
  const { t } = useTranslation('rules')
  const begun = stageOf(base, Date.now()) === 'begun'
  const [limited, setLimited] = useState(base.budget != null)
  const [currency, setCurrency] = useState(base.budget?.currency ?? base.prizes.find(({ value }) => value != null)?.value?.currency ?? '')
  const [total, setTotal] = useState(base.budget?.totalMinor ?? null)
  const [daily, setDaily] = useState(base.budget?.dailyMinor ?? null)
  const digits = minorDigits(currency)
  const unit = 10 ** digits
  const amount = (value: number | null, set: (value: number | null) => void) => ({
    value: value === null ? null : value / unit,
    onChange: (given: number | null) => { set(given === null ? null : Math.round(given * unit)) },
    decimalScale: digits, fixedDecimalScale: true, placeholder: t('noLimit'), suffix: ` ${currency}`,
  })
  const isSound = !limited || (/^[A-Z]{3}$/.test(currency) && (total !== null || daily !== null))
  const budget = limited ? { currency, totalMinor: total, dailyMinor: daily } : null
  return (
    <EditForm base={base} onClose={onClose} patch={isSound ? { budget } : null}>
      <Text size="sm" c="dimmed">{t('budget.editText')}</Text>
      {begun && <Alert variant="light" color="gray" p="sm" icon={<IconInfoCircle size={18} />}>{t('budget.growsOnly')}</Alert>}
      <Switch data-autofocus label={t('budget.limit')} checked={limited} onChange={(event) => { setLimited(event.currentTarget.checked) }} />
      {limited && (
        <SimpleGrid cols={{ base: 1, sm: 3 }}>
          <TextInput label={t('field.currency')} maxLength={3} value={currency} disabled={begun && base.budget != null} onChange={(event) => { setCurrency(event.currentTarget.value.toUpperCase()) }} />
          <NumberField label={t('field.totalMinor')} {...amount(total, setTotal)} />
          <NumberField label={t('field.dailyMinor')} {...amount(daily, setDaily)} />
        </SimpleGrid>
      )}
    </EditForm>
  )
}
