export interface Point { readonly x: number; readonly y: number }
export interface Plot {
  readonly title: string
  readonly xLabel: string
  readonly yLabel: string
  readonly logX?: boolean
  readonly lines: ReadonlyArray<{ readonly name: string; readonly points: readonly Point[] }>
}

const SIZE = { width: 720, height: 400, left: 70, right: 150, top: 44, bottom: 52 }
const COLOURS = ['#1f6feb', '#d29922', '#2da44e', '#cf222e']
const TICKS = 5
/** More places than this on the x axis are not marked one by one. */
const PLACES_MAX = 12

/** The next larger of 1, 2, 5, 10, 20, … */
function roundUp(value: number): number {
  const ten = 10 ** Math.floor(Math.log10(value))
  return [1, 2, 5, 10].map((step) => step * ten).find((step) => step >= value) ?? 10 * ten
}

function evenly(from: number, to: number): number[] {
  const step = roundUp((to - from) / PLACES_MAX)
  const first = Math.ceil(from / step)
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, n) => (first + n) * step)
}

const short = (value: number) => (value >= 1e6 ? `${value / 1e6}M` : value >= 1e3 ? `${value / 1e3}k` : String(Math.round(value * 100) / 100))

/** A line chart as SVG, from zero on the y axis. */
export function plot({ title, xLabel, yLabel, logX = false, lines }: Plot): string {
  const all = lines.flatMap(({ points }) => points)
  const scale = (x: number) => (logX ? Math.log10(x) : x)
  const xs = [...new Set(all.map(({ x }) => x))].sort((a, b) => a - b)
  const [least, most] = [scale(xs[0]!), scale(xs.at(-1)!)]
  const step = roundUp(Math.max(...all.map(({ y }) => y)) / TICKS)
  const top = step * TICKS
  const inner = { width: SIZE.width - SIZE.left - SIZE.right, height: SIZE.height - SIZE.top - SIZE.bottom }
  const px = (x: number) => (SIZE.left + (most === least ? 0.5 : (scale(x) - least) / (most - least)) * inner.width).toFixed(1)
  const py = (y: number) => (SIZE.top + (1 - y / top) * inner.height).toFixed(1)
  const bottom = SIZE.top + inner.height
  const parts = Array.from({ length: TICKS + 1 }, (_, n) => n * step).flatMap((y) => [
    `<line x1="${SIZE.left}" x2="${SIZE.left + inner.width}" y1="${py(y)}" y2="${py(y)}" stroke="#d0d7de"/>`,
    `<text x="${SIZE.left - 8}" y="${py(y)}" dy="4" text-anchor="end">${short(y)}</text>`,
  ])
  const few = xs.length <= PLACES_MAX
  for (const x of few ? xs : evenly(xs[0]!, xs.at(-1)!)) parts.push(`<text x="${px(x)}" y="${bottom + 18}" text-anchor="middle">${short(x)}</text>`)
  for (const [n, { name, points }] of lines.entries()) {
    const colour = COLOURS[n % COLOURS.length]!
    parts.push(`<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map(({ x, y }) => `${px(x)},${py(y)}`).join(' ')}"/>`)
    if (few) for (const { x, y } of points) parts.push(`<circle cx="${px(x)}" cy="${py(y)}" r="3" fill="${colour}"/>`)
    const last = points.at(-1)!
    parts.push(`<text x="${SIZE.left + inner.width + 8}" y="${py(last.y)}" dy="4" fill="${colour}">${name}</text>`)
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIZE.width} ${SIZE.height}" font-family="system-ui, sans-serif" font-size="12" fill="#57606a">`,
    `<rect width="100%" height="100%" fill="#ffffff"/><text x="${SIZE.left}" y="24" font-size="15" fill="#1f2328">${title}</text>`,
    ...parts,
    `<text x="${SIZE.left + inner.width / 2}" y="${SIZE.height - 12}" text-anchor="middle">${xLabel}</text>`,
    `<text transform="translate(16 ${SIZE.top + inner.height / 2}) rotate(-90)" text-anchor="middle">${yLabel}</text>`, '</svg>', '',
  ].join('\n')
}
