import type { ChartSeries } from '../../ui/chart/options.js'
import type { LivePoint } from './series.js'

/** What waits to be settled, and how long the first of it has: two lines, each against an axis of its own. */
export const settlementOf = (points: readonly LivePoint[], words: Readonly<Record<'waiting' | 'lag' | 'ms', string>>): ChartSeries[] => [
  { key: 'unsettled', name: words.waiting, colour: '--db-info', area: true, values: points.map(({ unsettled }) => unsettled) },
  { key: 'lag', name: words.lag, colour: '--db-warn', line: 'dashed', unit: words.ms, values: points.map(({ oldestUnsettledMs }) => oldestUnsettledMs) },
]
