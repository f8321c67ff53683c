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
  return {
    animation: false,
    grid: { left: 8, right: 28, top: 12, bottom: 4, containLabel: true },
    axisPointer: { show: true, type: 'line', snap: true, triggerTooltip: false, label: { show: false }, lineStyle: { color: text, type: 'solid', width: 1 } },
    xAxis: {
      type: 'time', min: times[0], max: times.at(-1), axisLine: { lineStyle: { color: line } }, axisTick: { show: false }, splitLine: { show: false },
      axisLabel: { ...FONT, color: text, hideOverlap: true, formatter: words.time },
    },
    yAxis: {
      type: 'value', min: 0, minInterval: 1, splitNumber: 3, axisPointer: { show: false }, axisLabel: { ...FONT, color: text, formatter: words.value },
      splitLine: { lineStyle: { color: line } },
    },
    series: series.map(({ key, colour, values, line: type = 'solid', stacked = false, area = false }) => ({
      id: key, type: 'line', showSymbol: false, silent: true, color: colourOf(colour), connectNulls: false, data: values.map((value, n) => [times[n], value]),
      lineStyle: { width: 1.75, type }, ...(stacked ? { stack: 'all' } : {}), ...(area || stacked ? { areaStyle: { opacity: stacked ? 0.45 : 0.12 } } : {}),
    })),
  }
}
