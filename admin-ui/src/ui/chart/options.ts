import type { EChartsCoreOption } from 'echarts/core'

export interface ChartSeries {
  readonly key: string
  readonly name: string
  /** One of the theme's variables: `--db-good`. */
  readonly colour: string
  /** Null: nothing is known of that moment. */
  readonly values: ReadonlyArray<number | null>
  /** What tells it apart for whoever sees no colours. */
  readonly line?: 'solid' | 'dashed' | 'dotted'
  /** On top of one another, as parts of a whole. */
  readonly stacked?: boolean
  readonly area?: boolean
  /** Of its values, which then have an axis of their own, on the right; without one they are counted. */
  readonly unit?: string
}

/** What of the chart is in words, for the reader's language and zone. */
export interface ChartWords {
  readonly time: (ms: number) => string
  readonly value: (value: number) => string
}

const FONT = { fontSize: 11, fontFamily: 'ui-sans-serif, system-ui, sans-serif' }

/** `colourOf`: what a variable of the theme is at this moment; a canvas knows none. */
export function optionsOf(
  times: readonly number[], series: readonly ChartSeries[], words: ChartWords, colourOf: (variable: string) => string,
): EChartsCoreOption {
  const [text, line] = [colourOf('--mantine-color-dimmed'), colourOf('--db-line')]
  const own = series.find(({ unit }) => unit !== undefined)?.unit
  const yAxis = { type: 'value', min: 0, minInterval: 1, splitNumber: 3, axisPointer: { show: false }, axisLabel: { ...FONT, color: text, formatter: words.value } }
  return {
    animation: false,
    grid: { left: 8, right: own === undefined ? 28 : 8, top: 12, bottom: 4, containLabel: true },
    axisPointer: { show: true, type: 'line', snap: true, triggerTooltip: false, label: { show: false }, lineStyle: { color: text, type: 'solid', width: 1 } },
    xAxis: {
      type: 'time', min: times[0], max: times.at(-1), axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, splitLine: { show: false },
      axisLabel: { ...FONT, color: text, hideOverlap: true, formatter: words.time },
    },
    yAxis: [
      { ...yAxis, splitLine: { lineStyle: { color: line } } },
      ...(own === undefined ? [] : [{ ...yAxis, position: 'right', axisLabel: { ...yAxis.axisLabel, formatter: (value: number) => `${words.value(value)} ${own}` }, splitLine: { show: false } }]),
    ],
    series: series.map(({ key, colour, values, unit, line: type = 'solid', stacked = false, area = false }) => ({
      id: key, yAxisIndex: unit === undefined ? 0 : 1, type: 'line', showSymbol: false, silent: true, color: colourOf(colour), connectNulls: false, data: values.map((value, n) => [times[n], value]),
      lineStyle: { width: 1.75, type }, ...(stacked ? { stack: 'all' } : {}), ...(area || stacked ? { areaStyle: { opacity: stacked ? 0.45 : 0.12 } } : {}),
    })),
  }
}
