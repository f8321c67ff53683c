import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { useCampaignDraft } from './draft-context.js'
import { STEPS, stepOf, type Step } from './steps.js'
import classes from './wizard.module.css'

const TO = {
  basics: '/campaigns/$id/edit/basics', mechanic: '/campaigns/$id/edit/mechanic', prizes: '/campaigns/$id/edit/prizes', stock: '/campaigns/$id/edit/stock',
  limits: '/campaigns/$id/edit/limits', risk: '/campaigns/$id/edit/risk', review: '/campaigns/$id/edit/review',
} as const satisfies Record<Step, string>

/** The address of a step. */
export const addressOf = (step: Step) => TO[step]

/** All steps, in order, each with how much is wrong in it. They may be gone through in any order. */
export function Stepper({ current }: { current: Step }) {
  const { t } = useTranslation('wizard')
  const { fixed: { id }, problems } = useCampaignDraft()
  return (
    <nav aria-label={t('steps')}>
      <ol className={classes.steps}>
        {STEPS.map((step, index) => {
          const wrong = problems.filter(({ path }) => stepOf(path) === step).length
          return (
            <li key={step}>
              <Link
                to={TO[step]} params={{ id }} className={classes.step} data-wrong={wrong > 0 || undefined}
                aria-current={step === current ? 'step' : undefined}
              >
                <span className={classes.number} aria-hidden>{wrong > 0 ? '!' : index + 1}</span>
                <span>{t(`step.${step}`)}</span>
                {wrong > 0 && <span className="num">{t('wrong', { count: wrong })}</span>}
              </Link>
            </li>
          )
        })}
      </ol>
    </nav>
  )
}
