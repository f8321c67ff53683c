import { NumberInput, Switch, Text } from '@mantine/core'
import type { UseFormReturnType } from '@mantine/form'
import { useTranslation } from 'react-i18next'
import classes from '../settings.module.css'
import { ABOVE_MAX, KINDS, type PolicyValues } from './policy-fields.js'

const PERCENT_MAX = 100
const ODDS_DECIMALS = 7

/** For each kind of change: whether it needs a second operator, and above what size. */
export function ApprovalRules({ form }: { form: UseFormReturnType<PolicyValues> }) {
  const { t } = useTranslation(['settings', 'approvals'])
  return (
    <div>
      <ul className={classes.rules}>
        {KINDS.map((kind) => {
          const isOdds = kind === 'ODDS'
          return (
            <li key={kind} className={classes.rule}>
              <Switch label={t(`approvals:kind.${kind}`)} description={t(`settings:policy.kindText.${kind}`)} {...form.getInputProps(`rules.${kind}.on`, { type: 'checkbox' })} />
              {kind !== 'PUBLISH' && form.values.rules[kind].on && (
                <NumberInput
                  className={classes.above} size="xs" hideControls min={0} max={isOdds ? PERCENT_MAX : ABOVE_MAX} allowNegative={false} decimalScale={isOdds ? ODDS_DECIMALS : 0} thousandSeparator=","
                  label={t('settings:policy.above')} suffix={t(`settings:policy.unit.${kind}`)} {...form.getInputProps(`rules.${kind}.above`)}
                />
              )}
            </li>
          )
        })}
      </ul>
      {typeof form.errors.rules === 'string' && <Text size="sm" c="red" role="alert">{form.errors.rules}</Text>}
    </div>
  )
}
