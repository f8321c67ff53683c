import { Radio, Stack, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Durability } from '../../../generated/graphql.js'
import { Section } from '../../../ui/page.js'
import { useCampaignDraft } from '../draft-context.js'
import { AmountField, CountField, CurrencyField, useProblem } from '../fields.js'
import { hasOdds } from '../odds.js'
import type { Values } from '../values.js'
import classes from '../wizard.module.css'
import { Expression } from './expression.js'

const LIMITS = ['drawsPerUserTotal', 'drawsPerUserDaily', 'winsPerUser'] as const
const DURABILITIES = ['DURABLE_WINS', 'FAST'] as const satisfies readonly Durability[]

/** What one participant may, what all of them may cost, who may take part at all, and what is promised of a win. */
export function LimitsStep() {
  const { t } = useTranslation(['wizard', 'campaigns'])
  const { values, change, fixed: { mechanic } } = useCampaignDraft()
  const problem = useProblem()
  return (
    <>
      <Section title={t('wizard:limits.person')}>
        <div className={classes.grid}>
          {LIMITS.map((name) => <CountField key={name} label={t(`wizard:field.${name}`)} placeholder={t('wizard:noLimit')} path={name} value={values[name]} onChange={(value) => { change({ [name]: value }) }} />)}
          {mechanic === 'LOTTERY' && (
            <CountField
              label={t('wizard:field.guaranteeAfterLosses')} description={t('wizard:limits.guaranteeText')} inputWrapperOrder={['label', 'input', 'description', 'error']} placeholder={t('wizard:limits.never')} path="guaranteeAfterLosses"
              value={values.guaranteeAfterLosses} onChange={(guaranteeAfterLosses) => { change({ guaranteeAfterLosses }) }}
            />
          )}
        </div>
      </Section>
      <Budget />
      <Section title={t('wizard:limits.who')}>
        <div className={classes.narrow}>
          <Expression label={t('wizard:field.eligibility')} description={t('wizard:limits.eligibilityText')} path="eligibility" value={values.eligibility} onChange={(eligibility) => { change({ eligibility }) }} />
        </div>
      </Section>
      <Section title={t('wizard:field.durability')}>
        <Radio.Group
          label={t('wizard:field.durability')} labelProps={{ className: classes.hidden }} value={values.durability} error={problem('durability')}
          onChange={(value) => { change({ durability: DURABILITIES.find((each) => each === value) ?? 'DURABLE_WINS' }) }}
        >
          <Stack gap="xs">
            {DURABILITIES.map((each) => <Radio key={each} value={each} label={t(`campaigns:durability.${each}`)} description={t(`wizard:durabilityText.${each}`)} />)}
          </Stack>
        </Radio.Group>
      </Section>
    </>
  )
}

function Budget() {
  const { t } = useTranslation('wizard')
  const { values: { budget }, change, fixed: { mechanic } } = useCampaignDraft()
  const problem = useProblem()
  const set = (patch: Partial<Values['budget']>) => { change({ budget: { ...budget, ...patch } }) }
  return (
    <Section title={t('limits.budget')}>
      <Text size="sm" c="dimmed" mb="sm">{t('limits.budgetText')}</Text>
      <div className={classes.grid}>
        <AmountField label={t('field.budgetTotal')} placeholder={t('noLimit')} path="budget.totalMinor" currency={budget.currency} value={budget.totalMinor} onChange={(totalMinor) => { set({ totalMinor }) }} />
        {hasOdds(mechanic) && (
          <AmountField label={t('field.budgetDaily')} placeholder={t('noLimit')} path="budget.dailyMinor" currency={budget.currency} value={budget.dailyMinor} onChange={(dailyMinor) => { set({ dailyMinor }) }} />
        )}
        <CurrencyField path="budget.currency" value={budget.currency} onChange={(currency) => { set({ currency }) }} />
      </div>
      {problem('budget') !== undefined && <p className={classes.wrong} role="alert">{problem('budget')}</p>}
    </Section>
  )
}
