import { NumberInput, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { percentOfPpb } from '../../lib/format.js'
import colours from '../campaigns/detail/detail.module.css'
import { colourOf, OddsMeter } from './odds-meter.js'
import { type OddsLine, type OddsProblem, sumOf, WHOLE_PPB } from './odds-sum.js'
import classes from './rules.module.css'

/** Parts of a billion in one per cent: seven digits behind the point, and no more. */
const PPB_PER_PERCENT = 10_000_000
const DIGITS = 7

interface OddsEditorProps<T extends OddsLine> {
  readonly title: string
  readonly who?: string
  readonly lines: readonly T[]
  readonly onChange: (lines: readonly T[]) => void
  readonly problem: OddsProblem | null
}

/** One table of odds, in per cent, with what is left for losing; and the line that is wrong, by its name. */
export function OddsEditor<T extends OddsLine>({ title, who, lines, onChange, problem }: OddsEditorProps<T>) {
  const { t, i18n } = useTranslation('rules')
  const percent = (ppb: number) => percentOfPpb(ppb, i18n.language)
  const sum = sumOf(lines)
  const wrong = problem?.line == null ? undefined : lines[problem.line]
  return (
    <section aria-label={title}>
      <Text size="sm" fw={600} component="h3">{title}</Text>
      {who !== undefined && <Text size="xs" c="dimmed">{who}</Text>}
      <div style={{ marginBlock: 8 }}><OddsMeter lines={lines} /></div>
      <table className={classes.entries}>
        <thead><tr><th>{t('odds.prize')}</th><th>{t('odds.now')}</th><th>{t('odds.then')}</th></tr></thead>
        <tbody>
          {lines.map((line, n) => (
            <tr key={`${line.name} ${n}`} data-wrong={line === wrong || undefined}>
              <td><svg className={colours.swatch} viewBox="0 0 10 10" aria-hidden><rect width="10" height="10" className={colourOf(n)} /></svg> {line.name}</td>
              <td className="num">{percent(line.before)}</td>
              <td>
                <NumberInput
                  size="xs" w={160} hideControls suffix=" %" decimalScale={DIGITS} allowNegative={false} aria-label={t('odds.of', { prize: line.name })} error={line === wrong}
                  value={line.ppb === null ? '' : line.ppb / PPB_PER_PERCENT}
                  onChange={(value) => { onChange(lines.map((each) => (each === line ? { ...each, ppb: typeof value === 'number' ? Math.round(value * PPB_PER_PERCENT) : value === '' ? null : Math.round(Number(value) * PPB_PER_PERCENT) } : each))) }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Text size="sm" mt={6} role="status" c={problem === null ? 'dimmed' : 'var(--db-bad)'}>
        {problem === null && t('odds.meter', { win: percent(sum), lose: percent(WHOLE_PPB - sum) })}
        {problem?.kind === 'none' && t('odds.noNumber', { prize: wrong?.name ?? '' })}
        {problem?.kind === 'over' && t('odds.over', { prize: wrong?.name ?? '', sum: percent(sum), by: percent(problem.byPpb) })}
        {problem?.kind === 'under' && t('odds.under', { sum: percent(sum), by: percent(problem.byPpb) })}
      </Text>
    </section>
  )
}
