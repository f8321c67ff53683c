import { Alert, Text } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { Diff } from '../../../ui/diff.js'
import { Section } from '../../../ui/page.js'
import { useDiffRows } from '../diff-rows.js'
import { useCampaignDraft } from '../draft-context.js'
import { byId, campaignDifferences } from '../merge.js'
import { missingIn } from '../missing.js'
import { useProblemText } from '../problem-text.js'
import { stepOf } from '../steps.js'
import { ToStep } from '../to-step.js'
import { useWords } from '../words.js'
import classes from '../wizard.module.css'
import { Publish } from './publish.js'

/** Everything that was decided, in words; what is still wrong or missing; and what makes it real. */
export function ReviewStep(): ReactNode {
  const { t } = useTranslation('wizard')
  const draft = useCampaignDraft()
  const text = useProblemText()
  const { problems, isPublished } = draft
  const words = useWords(draft)
  const missing = missingIn(draft, Date.now())
  const clean = missing.length === 0 && problems.length === 0
  return (
    <>
      {clean && !isPublished && <Alert variant="light" color="teal" bg="var(--db-good-soft)" icon={<IconCircleCheck size={18} />}>{t('review.clean')}</Alert>}
      {!clean && (
        <Alert variant="light" color="red" bg="var(--db-bad-soft)" icon={<IconAlertTriangle size={18} />} title={t('review.missing')} role="alert">
          <ul className={classes.missing}>
            {missing.map(({ what, step }) => <li key={what}>{t(`missing.${what}`)} <ToStep step={step} /></li>)}
            {problems.map((problem) => (
              <li key={`${problem.path} ${problem.message}`}>
                <code>{problem.path}</code> {text(problem)} <ToStep step={stepOf(problem.path)} />
              </li>
            ))}
          </ul>
        </Alert>
      )}
      {isPublished && <Changes />}
      {words.map(([step, sentences]) => (
        <Section key={step} title={t(`step.${step}`)} aside={<ToStep step={step} label={t('review.editWhat', { step: t(`step.${step}`) })}>{t('review.edit')}</ToStep>}>
          {sentences.length === 0 ? <Text size="sm" c="dimmed">{t('review.nothing')}</Text> : <ul className={classes.words}>{sentences.map((sentence) => <li key={sentence}>{sentence}</li>)}</ul>}
        </Section>
      ))}
      <Publish ready={missing.length === 0} />
    </>
  )
}

/** Of a published campaign: what saving would change for its participants. */
function Changes() {
  const { t } = useTranslation('wizard')
  const { base, values, dirty } = useCampaignDraft()
  const [before, after] = [byId(base.values), byId(values)]
  const rows = useDiffRows(campaignDifferences(before, after, before), { before, mine: after, theirs: before })
  return (
    <Section title={t('review.changes')} flush={dirty}>
      {dirty ? <Diff label={t('review.changes')} rows={rows.map(({ theirs: _, ...row }) => row)} /> : <Text size="sm" c="dimmed">{t('review.noChanges')}</Text>}
    </Section>
  )
}
