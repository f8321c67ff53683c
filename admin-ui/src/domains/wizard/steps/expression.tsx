import { Textarea } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { Status } from '../../../ui/badge.js'
import { useProblem } from '../fields.js'
import { expressionQuery } from '../queries.js'
import classes from '../wizard.module.css'

const TYPING_MS = 300
const CHARACTERS_MAX = 2_000

interface ExpressionProps {
  readonly label: string
  readonly description?: string
  readonly path: string
  readonly value: string
  readonly onChange: (value: string) => void
}

/** An expression over a participant's facts, looked over by the server while it is typed. */
export function Expression({ label, description, path, value, onChange }: ExpressionProps) {
  const { t } = useTranslation('wizard')
  const problem = useProblem()
  const [asked] = useDebouncedValue(value, TYPING_MS)
  const { data } = useQuery(expressionQuery(asked))
  const fresh = asked === value && value.trim() !== '' ? data : undefined
  const first = fresh?.problems[0]
  const wrong = first === undefined ? problem(path) : t('expression.wrong', { line: first.line, column: first.column, message: first.message })
  return (
    <div className={classes.mono}>
      <Textarea
        label={label} description={description} autosize minRows={2} maxRows={8} maxLength={CHARACTERS_MAX} spellCheck={false} placeholder={t('expression.example')} error={wrong}
        value={value} onChange={(event) => { onChange(event.currentTarget.value) }}
      />
      {fresh?.ok === true && wrong === undefined && <span role="status"><Status tone="good">{t('expression.fine')}</Status></span>}
    </div>
  )
}
