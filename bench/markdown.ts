import { cpus } from 'node:os'

/** What every figure of a report is of. */
export const machine = (): string => `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'an unknown processor'}, Node ${process.version}`

export const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`
export const table = (head: readonly string[], rows: readonly string[]): string => [row(...head), row(...head.map(() => '---')), ...rows].join('\n')

export const whole = (value: number): string => Math.round(value).toLocaleString('en-US').replaceAll(',', ' ')
export const ms = (value: number): string => (value < 10 ? value.toFixed(1) : whole(value))

export const times = (count: number, what: string): string => (count === 1 ? `1 ${what}` : `${count} ${what}s`)
