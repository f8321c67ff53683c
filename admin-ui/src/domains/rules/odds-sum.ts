import { WHOLE_PPB } from '../../lib/format.js'

export interface OddsRow {
  /** Null: what is typed is no number. */
  readonly ppb: number | null
  /** What it was, where that is known. */
  readonly before?: number
}

export interface OddsLine extends OddsRow {
  readonly name: string
  /** Which of the campaign's prizes it is. */
  readonly colour: number
  readonly before: number
}

export interface OddsVerdict {
  readonly sum: number
  /** What is left of the whole; below 0 where it is too much. */
  readonly rest: number
  /** The row that is wrong by itself, or the one that makes all of them too much. */
  readonly wrong: { readonly row: number; readonly why: 'empty' | 'range' | 'tooMuch' } | null
  /** All is well, the sum included. */
  readonly isSound: boolean
}

interface Wanted {
  /** Every draw wins: the rows are the whole. */
  readonly exact?: boolean
  /** A row without a number is wrong; else it counts as none. */
  readonly complete?: boolean
}

/**
 * Of one table. Too much is the row that grew most since it was read, as somebody has just typed it; where none grew, or
 * nothing was there before, the first with which the sum passes the whole.
 */
export function judgeOdds(rows: readonly OddsRow[], { exact = false, complete = false }: Wanted = {}): OddsVerdict {
  const sum = sumOf(rows)
  const rest = WHOLE_PPB - sum
  const row = rows.findIndex(({ ppb }) => (ppb === null ? complete : ppb < 0 || ppb > WHOLE_PPB))
  const wrong = row >= 0 ? { row, why: rows[row]?.ppb == null ? 'empty' as const : 'range' as const }
    : rest < 0 ? { row: rowTooMuch(rows), why: 'tooMuch' as const } : null
  return { sum, rest, wrong, isSound: wrong === null && !(exact && rest !== 0) }
}

function rowTooMuch(rows: readonly OddsRow[]): number {
  const grown = rows.map(({ ppb, before }) => (before === undefined ? 0 : (ppb ?? 0) - before))
  const most = Math.max(...grown)
  return most > 0 ? grown.indexOf(most) : rows.findIndex((_, n) => sumOf(rows.slice(0, n + 1)) > WHOLE_PPB)
}

export const sumOf = (rows: readonly OddsRow[]): number => rows.reduce((sum, { ppb }) => sum + (ppb ?? 0), 0)
