export const WHOLE_PPB = 1_000_000_000

export interface OddsLine {
  readonly name: string
  /** Null: what is typed is no number. */
  readonly ppb: number | null
  readonly before: number
}

export interface OddsProblem {
  /** Of the line that is wrong; null: of all of them together. */
  readonly line: number | null
  readonly kind: 'none' | 'over' | 'under'
  /** What the sum lacks, or has too much. */
  readonly byPpb: number
}

/**
 * What is wrong with the odds of one table. Where they add up to too much, the line that grew most is named: it is the one
 * that somebody has just typed. `exact`: every draw wins.
 */
export function oddsProblem(lines: readonly OddsLine[], exact: boolean): OddsProblem | null {
  const broken = lines.findIndex(({ ppb }) => ppb === null || ppb < 0 || ppb > WHOLE_PPB)
  if (broken >= 0) return { line: broken, kind: 'none', byPpb: 0 }
  const sum = sumOf(lines)
  if (sum > WHOLE_PPB) {
    const grown = lines.map(({ ppb, before }) => (ppb ?? 0) - before)
    const most = Math.max(...grown)
    const largest = most > 0 ? grown.indexOf(most) : lines.findIndex(({ ppb }) => ppb === Math.max(...lines.map((line) => line.ppb ?? 0)))
    return { line: largest, kind: 'over', byPpb: sum - WHOLE_PPB }
  }
  return exact && sum < WHOLE_PPB ? { line: null, kind: 'under', byPpb: WHOLE_PPB - sum } : null
}

export const sumOf = (lines: ReadonlyArray<{ readonly ppb: number | null }>): number => lines.reduce((sum, { ppb }) => sum + (ppb ?? 0), 0)
