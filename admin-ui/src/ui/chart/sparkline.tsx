import type { Tone } from '../badge.js'
import '../badge.module.css'
import classes from './chart.module.css'

const HEIGHT = 32
const WIDTH = 100

/** How something has gone lately, as a line without figures. */
export function Sparkline({ values, label, tone = 'info' }: { values: readonly number[]; label: string; tone?: Tone }) {
  const most = Math.max(1, ...values)
  const points = values.map((value, n) => `${((n / Math.max(1, values.length - 1)) * WIDTH).toFixed(2)},${(HEIGHT - 1 - (value / most) * (HEIGHT - 3)).toFixed(2)}`).join(' ')
  return (
    <svg className={classes.spark} data-tone={tone} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={label}>
      <polygon points={`0,${HEIGHT} ${points} ${WIDTH},${HEIGHT}`} />
      <polyline points={points} />
    </svg>
  )
}
