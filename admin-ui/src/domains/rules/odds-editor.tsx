import { NumberInput, Text } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { PERCENT_DIGITS, percentOfPpb, PPB_PER_PERCENT } from '../../lib/format.js'
import colours from '../campaigns/detail/detail.module.css'
import { colourOf, OddsMeter } from './odds-meter.js'
import type { OddsLine, OddsVerdict } from './odds-sum.js'
import classes from './rules.module.css'

/** Of what a field of numbers gives, in per cent; null where that is none. */
const ppbOf = (value: number | string): number | null => (value === '' ? null : Math.round(Number(value) * PPB_PER_PERCENT))

interface OddsEditorProps<T extends OddsLine> {
  readonly title: string
  readonly who?: string
  readonly lines: readonly T[]
  readonly onChange: (lines: readonly T[]) => void
  readonly verdict: OddsVerdict
}

/** One table of odds, in per cent, with what is left for losing; and the line that is wrong, by its name. */
export function OddsEditor<T extends OddsLine>({ title, who, lines, onChange, verdict }: OddsEditorProps<T>) {
  const { t, i18n } = useTranslation('rules')
  const percent = (ppb: number) => percentOfPpb(ppb, i18n.language)
  const { sum, rest, wrong, isSound } = verdict
  const wrongLine = wrong === null ? undefined : lines[wrong.row]
  const prize = wrongLine?.name ?? ''
  return (
    <section aria-label={title}>
      <Text size="sm" fw={600} component="h3">{title}</Text>
      {who !== undefined && <Text size="xs" c="dimmed">{who}</Text>}
      <div style={{ marginBlock: 8 }}><OddsMeter lines={lines} /></div>
      <table className={classes.entries}>
        <thead><tr><th>{t('odds.prize')}</th><th>{t('odds.now')}</th><th>{t('odds.then')}</th></tr></thead>
        <tbody>
          {lines.map((line, n) => (
            <tr key={`${line.name} ${n}`} data-wrong={line === wrongLine || undefined}>
              <td>
                <svg className={colours.swatch} viewBox="0 0 10 10" aria-hidden><rect width="10" height="10" className={colourOf(line.colour)} /></svg> {line.name}
              </td>
              <td className="num">{percent(line.before)}</td>
              <td>
                <NumberInput
                  size="xs" w={160} hideControls suffix=" %" decimalScale={PERCENT_DIGITS} allowNegative={false} error={line === wrongLine}
                  aria-label={t('odds.of', { prize: line.name })} value={line.ppb === null ? '' : line.ppb / PPB_PER_PERCENT}
                  onChange={(value) => { onChange(lines.map((each) => (each === line ? { ...each, ppb: ppbOf(value) } : each))) }}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Text size="sm" mt={6} role="status" c={isSound ? 'dimmed' : 'var(--db-bad)'}>
        {isSound && t('odds.meter', { win: percent(sum), lose: percent(rest) })}
        {wrong !== null && wrong.why !== 'tooMuch' && t('odds.noNumber', { prize })}
        {wrong?.why === 'tooMuch' && t('odds.over', { prize, sum: percent(sum), by: percent(-rest) })}
        {wrong === null && !isSound && t('odds.under', { sum: percent(sum), by: percent(rest) })}
      </Text>
    </section>
  )
}
