import { useTranslation } from 'react-i18next'
import { percentOfPpb, WHOLE_PPB } from '../../lib/format.js'
import colours from '../campaigns/detail/detail.module.css'
import { sumOf } from './odds-sum.js'
import classes from './rules.module.css'

const COLOURS = 6
const WIDTH = 1_000

/** Of the campaign's n-th prize, in each meter that it is in and beside its name. */
export const colourOf = (n: number): string | undefined => colours[`seg${n % COLOURS}`]

interface MeterLine {
  readonly name: string
  readonly ppb: number | null
  /** Which of the campaign's prizes it is; without one, in the order of the lines. */
  readonly colour?: number
}

/** The odds of one draw as parts of a bar; what they leave is a loss, and what they have too much stands red behind its end. */
export function OddsMeter({ lines }: { lines: readonly MeterLine[] }) {
  const { t, i18n } = useTranslation('rules')
  const sum = sumOf(lines)
  const scale = WIDTH / Math.max(WHOLE_PPB, sum)
  const percent = (ppb: number) => percentOfPpb(ppb, i18n.language)
  const label = sum > WHOLE_PPB
    ? t('odds.meterOver', { sum: percent(sum) })
    : t('odds.meter', { win: percent(sum), lose: percent(WHOLE_PPB - sum) })
  let from = 0
  return (
    <svg viewBox={`0 0 ${WIDTH} 14`} preserveAspectRatio="none" className={classes.meter} role="img" aria-label={label}>
      {lines.map(({ name, ppb, colour }, n) => {
        const x = from
        from += (ppb ?? 0) * scale
        return <rect key={`${name} ${n}`} x={x} width={from - x} height="14" className={colourOf(colour ?? n)} />
      })}
      {sum > WHOLE_PPB && <rect x={WHOLE_PPB * scale} width={WIDTH - WHOLE_PPB * scale} height="14" className={classes.over} />}
    </svg>
  )
}
