import { Skeleton, useComputedColorScheme } from '@mantine/core'
import { useEffect, useMemo, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { compact, count, timeOfDay, zoneName } from '../../lib/format.js'
import { useZone } from '../zone.js'
import classes from './chart.module.css'
import { optionsOf, type ChartSeries } from './options.js'

interface TimeChartProps {
  /** What it shows, in a sentence, with the figures that matter: for whoever does not see it. */
  readonly label: string
  /** In ms, one for each value. */
  readonly times: readonly number[]
  readonly series: readonly ChartSeries[]
  readonly small?: boolean
  /** The moment that is pointed at, in this chart or one beside it; null: the newest. */
  readonly at: number | null
  readonly onPoint: (ms: number | null) => void
}

type Chart = ReturnType<(typeof import('./echarts.js'))['open']>
const colourOf = (variable: string) => getComputedStyle(document.documentElement).getPropertyValue(variable).trim()

/** Lines over time on a canvas, with the figures of one moment above it in words. Its library comes when the first chart is there. */
export function TimeChart({ label, times, series, small = false, at, onPoint }: TimeChartProps) {
  const { i18n } = useTranslation()
  const zone = useZone()
  const scheme = useComputedColorScheme()
  const element = useRef<HTMLDivElement>(null)
  const [chart, setChart] = useState<Chart | null>(null)
  const words = useMemo(() => ({
    time: (ms: number) => timeOfDay(ms, zone, i18n.language), value: (value: number) => compact(value, i18n.language),
  }), [zone, i18n.language])
  useEffect(() => {
    if (chart === null) return
    const point = (event: unknown) => {
      const [axis] = (event as { axesInfo?: Array<{ value: number }> }).axesInfo ?? []
      onPoint(axis === undefined ? null : axis.value)
    }
    chart.on('updateAxisPointer', point)
    return () => { chart.off('updateAxisPointer', point) }
  }, [chart, onPoint])
  // The theme's colours are read anew when it changes.
  useEffect(() => { chart?.setOption(optionsOf(times, series, words, colourOf), { replaceMerge: ['series'] }) }, [chart, times, series, words, scheme])
  // Last, so that it goes last.
  useEffect(() => {
    const place = element.current
    if (place === null) return
    let made: Chart | undefined
    let gone = false
    void import('./echarts.js').then(({ open }) => {
      if (gone) return
      made = open(place)
      setChart(made)
    })
    const watching = new ResizeObserver(() => { made?.resize() })
    watching.observe(place)
    return () => {
      gone = true
      watching.disconnect()
      made?.dispose()
    }
  }, [])
  const pointed = at === null ? -1 : times.findIndex((time) => time === at)
  const shown = pointed === -1 ? times.length - 1 : pointed
  const moment = times[shown]
  return (
    <>
      <ul className={classes.readout}>
        {series.map(({ key, name, colour, line = 'solid', values, unit }) => (
          <li key={key}><Swatch colour={colour} line={line} />{name}<b>{values[shown] == null ? '–' : [count(values[shown], i18n.language), unit].join(' ').trim()}</b></li>
        ))}
        {moment !== undefined && <li className={classes.time}>{words.time(moment)} {zoneName(zone, i18n.language, moment)}</li>}
      </ul>
      <div role="img" aria-label={label} className={classes.place} data-size={small ? 'small' : undefined}>
        {chart === null && <Skeleton className={classes.canvas} radius="sm" />}
        <div ref={element} className={classes.canvas} />
      </div>
    </>
  )
}

const DASHES = { solid: undefined, dashed: '5 3', dotted: '1.5 2.5' } as const

const Swatch = ({ colour, line }: { colour: string; line: 'solid' | 'dashed' | 'dotted' }) => (
  <svg width="16" height="6" viewBox="0 0 16 6" aria-hidden>
    <line x1="0" y1="3" x2="16" y2="3" strokeWidth="2.5" strokeDasharray={DASHES[line]} style={{ stroke: `var(${colour})` }} />
  </svg>
)
