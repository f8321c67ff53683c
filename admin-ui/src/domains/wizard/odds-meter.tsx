import { useTranslation } from 'react-i18next'
import { count, percentOfPpb } from '../../lib/format.js'
import { OddsMeter as OddsBar } from '../rules/odds-meter.js'
import { judgeOdds } from '../rules/odds-sum.js'
import { rowsOf } from './odds.js'
import type { Num } from './values.js'
import classes from './wizard.module.css'

interface OddsMeterProps {
  readonly rows: ReadonlyArray<{ readonly name: string; readonly ppb: Num }>
  /** Every draw wins: the rows must make up the whole. */
  readonly exact: boolean
}

/** What the rows make of a draw, as a bar: each in its colour, and what is left, which loses. Says which row is wrong. */
export function OddsMeter({ rows, exact }: OddsMeterProps) {
  const { t, i18n } = useTranslation('wizard')
  const { sum, rest, wrong } = judgeOdds(rowsOf(rows.map(({ ppb }) => ppb)))
  const percent = (ppb: number) => percentOfPpb(ppb, i18n.language)
  const number = (ppb: number) => count(ppb, i18n.language)
  const name = (row: number) => (rows[row]?.name.trim() === '' ? t('odds.row', { number: row + 1 }) : rows[row]?.name)
  const trouble = wrong !== null ? t(`odds.${wrong.why === 'tooMuch' ? 'tooMuch' : 'range'}`, { name: name(wrong.row), over: percent(Math.max(0, -rest)) })
    : exact && rest !== 0 && rows.length > 0 ? t('odds.missing', { rest: percent(rest) }) : undefined
  return (
    <div>
      <OddsBar lines={rows.map(({ name: each, ppb }) => ({ name: each, ppb: ppb === '' ? null : ppb }))} />
      <div className={classes.sums}>
        <span>{t('odds.sum')} <b>{percent(sum)}</b> <span className={classes.ppb}>{t('odds.ppb', { ppb: number(sum) })}</span></span>
        {rest >= 0 && (
          <span>
            {t(exact ? 'odds.open' : 'odds.lose')} <b>{percent(rest)}</b> <span className={classes.ppb}>{t('odds.ppb', { ppb: number(rest) })}</span>
          </span>
        )}
      </div>
      {trouble !== undefined && <p className={classes.wrong} role="alert">{trouble}</p>}
    </div>
  )
}
