import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { count, percent, rate } from '../../lib/format.js'
import type { ChartSeries } from '../../ui/chart/options.js'
import { TimeChart } from '../../ui/chart/time-chart.js'
import { Section } from '../../ui/page.js'
import classes from './live.module.css'
import { type LivePoint, ratesOf, refusalsOf } from './series.js'
import { settlementOf } from './settlement.js'
import { useRefusalName } from './use-refusal-name.js'

const SECOND_MS = 1_000
const COLOURS = 6

const DRAWS = [
  { key: 'won', colour: '--db-good', line: 'solid', area: true },
  { key: 'lost', colour: '--db-idle', line: 'dashed' },
  { key: 'pending', colour: '--db-warn', line: 'dotted' },
  { key: 'repeated', colour: '--db-info', line: 'dotted' },
] as const

/** Draws, refusals and settlement over the same seconds; what is pointed at in one is read in all. */
export function LiveCharts({ points }: { points: readonly LivePoint[] }) {
  const { t, i18n } = useTranslation('live')
  const nameOf = useRefusalName()
  const [at, setAt] = useState<number | null>(null)
  const times = useMemo(() => points.map(({ second }) => second * SECOND_MS), [points])
  const draws = useMemo(() => DRAWS.map((look): ChartSeries => ({ ...look, name: t(`kind.${look.key}`), values: points.map((point) => point[look.key]) })), [points, t])
  const codes = useMemo(() => refusalsOf(points).slice(0, COLOURS).map(({ code }) => code), [points])
  // In an order of their own, so that a colour stays with its reason.
  const refusals = useMemo(() => [...codes].sort().map((code, n): ChartSeries => ({
    key: code, name: nameOf(code), colour: `--db-chart-${n}`, stacked: true,
    values: points.map((point) => point.refusals.find((refused) => refused.code === code)?.count ?? 0),
  })), [codes, points, nameOf])
  const settlement = useMemo(() => settlementOf(points, { waiting: t('chart.waiting'), lag: t('chart.lag'), ms: t('ms') }), [points, t])
  const rates = ratesOf(points)
  const shared = { times, at, onPoint: setAt }
  const drawsLabel = t('chart.drawsLabel', {
    rate: rate(rates?.drawsPerSecond ?? 0, i18n.language), peak: count(rates?.peak ?? 0, i18n.language),
    won: percent(rates?.winRate ?? 0, i18n.language),
  })
  return (
    <>
      <Section title={t('chart.draws')}><TimeChart label={drawsLabel} series={draws} {...shared} /></Section>
      <div className={classes.pair}>
        <Section title={t('chart.refusals')}>
          {refusals.length === 0
            ? <div className={classes.none}>{t('chart.noRefusals')}</div>
            : <TimeChart small label={t('chart.refusalsLabel', { reasons: refusals.map(({ name }) => name).join(', ') })} series={refusals} {...shared} />}
        </Section>
        <Section title={t('chart.settlement')}><TimeChart small label={t('chart.settlementLabel')} series={settlement} {...shared} /></Section>
      </div>
    </>
  )
}
