import type { CampaignMechanic } from '../../generated/graphql.js'
import { WHOLE_PPB } from '../rules/odds-sum.js'
import type { Num } from './values.js'

/** Whether every draw of it wins, so that the odds must make up the whole. */
export const everyDrawWins = (mechanic: CampaignMechanic): boolean => mechanic === 'FLASH_SALE' || mechanic === 'RED_PACKET'

/** Whether its stock is given by odds at all: units of the others come at their own moments. */
export const hasOdds = (mechanic: CampaignMechanic): boolean => mechanic === 'LOTTERY' || mechanic === 'FLASH_SALE'

export interface OddsVerdict {
  readonly sum: number
  /** What is left of the whole; below 0 where it is too much. */
  readonly rest: number
  /** The first row that is wrong: out of range by itself, or the one with which the sum passes the whole. */
  readonly wrong: { readonly row: number; readonly why: 'range' | 'tooMuch' } | null
}

/** Adds up the probabilities of the rows; an empty one counts as none. */
export function judgeOdds(rows: readonly Num[]): OddsVerdict {
  let sum = 0
  let wrong: OddsVerdict['wrong'] = null
  rows.forEach((ppb, row) => {
    if (ppb === '') return
    if (ppb < 0 || ppb > WHOLE_PPB) wrong ??= { row, why: 'range' }
    sum += ppb
    if (sum > WHOLE_PPB) wrong ??= { row, why: 'tooMuch' }
  })
  return { sum, rest: WHOLE_PPB - sum, wrong }
}
