import { Group } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { Tag, type Tone } from '../../ui/badge.js'
import { CodeBlock } from '../../ui/code-block.js'
import { useRefusalName } from '../live/use-refusal-name.js'
import type { Answer } from './answer.js'
import type { Attempt } from './draw.js'
import classes from './tryit.module.css'

const TONE: Readonly<Record<Answer['kind'], Tone>> = { won: 'good', lost: 'idle', pending: 'warn', refused: 'warn', failed: 'bad' }
const FAILURES = ['UNAUTHENTICATED', 'FORBIDDEN', 'RATE_LIMITED', 'OVERLOADED', 'BAD_USER_INPUT'] as const

/** What became of a draw: in words, and as it came. */
export function Told({ attempt: { answer, status, tookMs, body } }: { attempt: Attempt }) {
  const { t, i18n } = useTranslation('tryit')
  const words = useWords()
  const ms = new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 0 }).format(tookMs)
  return (
    <div className={classes.told} data-tone={TONE[answer.kind]}>
      <div>
        <Group gap="xs"><span className={classes.outcome}>{words(answer)}</span>{'replayed' in answer && answer.replayed && <Tag>{t('told.replayed')}</Tag>}</Group>
        <div className={classes.facts}>{status === null ? t('told.noAnswer', { ms }) : t('told.answered', { status, ms })}</div>
      </div>
      {body !== '' && <CodeBlock label={t('told.raw')} code={body} />}
    </div>
  )
}

function useWords(): (answer: Answer) => string {
  const { t } = useTranslation('tryit')
  const refusal = useRefusalName()
  return (answer) => {
    switch (answer.kind) {
      case 'won': return t('told.won', { prize: answer.prize })
      case 'lost': return t('told.lost')
      case 'pending': return t('told.pending')
      case 'refused': return t('told.refused', { reason: refusal(answer.code) })
      case 'failed': {
        const known = FAILURES.find((code) => code === answer.code)
        return known === undefined ? t('told.failed') : t(`failure.${known}`)
      }
    }
  }
}
