import { Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { VelocityOfQuery } from '../../generated/graphql.js'
import { count, duration } from '../../lib/format.js'
import classes from './rules.module.css'

export type VelocityRules = VelocityOfQuery['velocityRules']

/** How often draws may come, in a sentence each. */
export function VelocityWords({ rules }: { rules: VelocityRules }) {
  const { t, i18n } = useTranslation('rules')
  if (rules.length === 0) return <Text size="sm" c="dimmed">{t('velocity.none')}</Text>
  return (
    <ul className={classes.words}>
      {rules.map(({ subject, windowSeconds, drawsMax }) => (
        <li key={`${subject} ${windowSeconds}`}>{t(`velocity.words.${subject}`, { draws: count(drawsMax, i18n.language), window: duration(windowSeconds, i18n.language) })}</li>
      ))}
    </ul>
  )
}
