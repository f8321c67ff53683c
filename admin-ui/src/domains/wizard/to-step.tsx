import { Anchor } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useCampaignDraft } from './draft-context.js'
import { addressOf } from './stepper.js'
import type { Step } from './steps.js'

/** Leads to a step, by its name where nothing else is said. */
export function ToStep({ step, label, children }: { step: Step; label?: string; children?: ReactNode }) {
  const { t } = useTranslation('wizard')
  const { fixed: { id } } = useCampaignDraft()
  return <Anchor size="sm" renderRoot={(props) => <Link {...props} to={addressOf(step)} params={{ id }} aria-label={label} />}>{children ?? t(`step.${step}`)}</Anchor>
}
