import { Alert, Fieldset, SimpleGrid, Text, Textarea, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { type RuledCampaignFragment, TryExpressionDocument } from '../../generated/graphql.js'
import { Status } from '../../ui/badge.js'
import { useErrorText } from '../../ui/error-text.js'
import { Section } from '../../ui/page.js'
import { EditButton, EditForm, type EditorProps } from './edit-dialog.js'
import { factsOf, type TypedFacts } from './facts.js'
import { mayChange, type Stage } from './freedom.js'
import classes from './rules.module.css'

const TYPING_MS = 300
const EXAMPLE = '"vip" in segments && attributes.level >= 5'
const FACTS = ['tier', 'riskPool', 'segments', 'attributes'] as const

export function Eligibility({ campaign, stage, may }: { campaign: RuledCampaignFragment; stage: Stage; may: boolean }) {
  const { t } = useTranslation('rules')
  return (
    <Section title={t('eligibility.title')} aside={may && mayChange('eligibility', stage) && <EditButton campaign={campaign} title={t('eligibility.edit')} editor={EligibilityEditor} />}>
      {campaign.eligibility == null ? <Text size="sm">{t('eligibility.everybody')}</Text> : <code className={classes.code}>{campaign.eligibility}</code>}
    </Section>
  )
}

/** Checked as it is typed, and tried on whoever one names: nothing is saved by that. */
function EligibilityEditor({ base, onClose }: EditorProps) {
  const { t } = useTranslation('rules')
  const text = useErrorText()
  const [expression, setExpression] = useState(base.eligibility ?? '')
  const [userId, setUserId] = useState('')
  const [facts, setFacts] = useState<TypedFacts>({ tier: '', riskPool: '', segments: '', attributes: '' })
  const asked = { expression: expression.trim(), userId: userId.trim(), facts: factsOf(facts) }
  const [typed] = useDebouncedValue(JSON.stringify(asked), TYPING_MS)
  const isEmpty = asked.expression === ''
  const { data: check, error } = useQuery({
    queryKey: ['expressions', typed], placeholderData: keepPreviousData, enabled: !isEmpty,
    queryFn: async ({ signal }) => (await run(TryExpressionDocument, JSON.parse(typed) as typeof asked, signal)).checkExpression,
  })
  const isCurrent = typed === JSON.stringify(asked)
  const problem = isEmpty || check === undefined ? undefined : check.problems.map(({ line, column, message }) => t('eligibility.problem', { line, column, message })).join('\n')
  const result = isEmpty ? true : check?.result
  const isSound = isEmpty || (check?.ok === true && isCurrent)
  return (
    <EditForm base={base} onClose={onClose} patch={isSound ? { eligibility: isEmpty ? null : asked.expression } : null}>
      <Textarea
        data-autofocus label={t('field.eligibility')} description={t('eligibility.hint')} placeholder={EXAMPLE} autosize minRows={3} maxRows={10} spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: 13 } }} error={problem === '' ? undefined : problem}
        value={expression} onChange={(event) => { setExpression(event.currentTarget.value) }}
      />
      <Fieldset legend={t('eligibility.try')} radius="md">
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          <TextInput label={t('eligibility.userId')} value={userId} onChange={(event) => { setUserId(event.currentTarget.value) }} />
          {FACTS.map((fact) => (
            <TextInput
              key={fact} label={t(`eligibility.fact.${fact}`)} placeholder={fact === 'attributes' ? 'level=5, vip=true' : undefined}
              value={facts[fact]} onChange={(event) => { setFacts({ ...facts, [fact]: event.currentTarget.value }) }}
            />
          ))}
        </SimpleGrid>
        <Text component="div" size="sm" mt="sm" role="status">
          {result === true && <Status tone="good">{t('eligibility.may')}</Status>}
          {result === false && <Status tone="bad">{t('eligibility.mayNot')}</Status>}
          {!isEmpty && check?.undecided != null && <Text span c="dimmed" inherit> {t('eligibility.undecided', { why: check.undecided })}</Text>}
        </Text>
      </Fieldset>
      {error !== null && !isEmpty && <Alert variant="light" color="red" role="alert">{text(error).detail}</Alert>}
    </EditForm>
  )
}
