import { Select, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import type { RiskSubject } from '../../../generated/graphql.js'
import { Section } from '../../../ui/page.js'
import { TextLink } from '../../../ui/text-link.js'
import { useCampaignDraft } from '../draft-context.js'
import { CountField, useProblem } from '../fields.js'
import { tenantRulesQuery } from '../queries.js'
import classes from '../wizard.module.css'
import { RowList } from './row-list.js'

const SUBJECTS = ['PARTICIPANT', 'DEVICE', 'IP'] as const satisfies readonly RiskSubject[]
const RULES_MAX = 10
const WINDOW_SECONDS_MAX = 86_400
const DRAWS_MAX = 1_000_000

/** How often somebody may draw within a time: this campaign's own rules, beside those of the tenant. */
export function RiskStep() {
  const { t } = useTranslation(['wizard', 'risk'])
  const { values: { rules }, change } = useCampaignDraft()
  const { data: tenants } = useQuery(tenantRulesQuery)
  const problem = useProblem()
  return (
    <>
      <Section title={t('wizard:risk.own')}>
        <Stack gap="md">
          <Text size="sm" c="dimmed">{t('wizard:risk.ownText')}</Text>
          <RowList
            rows={rules} onChange={(next) => { change({ rules: next }) }} fresh={() => ({ subject: 'PARTICIPANT' as const, windowSeconds: 60, drawsMax: 10 })}
            add={t('wizard:risk.add')} remove={(number) => t('wizard:risk.remove', { number })} max={RULES_MAX} error={problem('rules')}
            row={(rule, set, index) => (
              <>
                <Select
                  label={t('risk:column.subject')} allowDeselect={false} data={SUBJECTS.map((value) => ({ value, label: t(`risk:subject.${value}`) }))} value={rule.subject}
                  onChange={(value) => { set({ subject: SUBJECTS.find((each) => each === value) ?? 'PARTICIPANT' }) }}
                />
                <CountField label={t('wizard:risk.draws')} path={`rules[${index}].drawsMax`} max={DRAWS_MAX} value={rule.drawsMax} onChange={(drawsMax) => { set({ drawsMax }) }} />
                <CountField label={t('wizard:risk.window')} path={`rules[${index}].windowSeconds`} max={WINDOW_SECONDS_MAX} value={rule.windowSeconds} onChange={(windowSeconds) => { set({ windowSeconds }) }} />
              </>
            )}
          />
        </Stack>
      </Section>
      <Section title={t('wizard:risk.tenant')}>
        {tenants?.length === 0 && <Text size="sm" c="dimmed">{t('wizard:risk.tenantNone')}</Text>}
        <ul className={classes.words}>
          {tenants?.map(({ subject, drawsMax, windowSeconds }) => (
            <li key={`${subject} ${windowSeconds}`}>{t('wizard:risk.rule', { subject: t(`risk:subject.${subject}`), draws: drawsMax, seconds: windowSeconds })}</li>
          ))}
        </ul>
        <Text size="sm" c="dimmed" mt="sm">{t('wizard:risk.lists')} <TextLink to="/risk">{t('risk:nav')}</TextLink></Text>
      </Section>
    </>
  )
}
