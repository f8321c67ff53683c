import type { CampaignMechanic } from '../../generated/graphql.js'
import type { Num } from './values.js'

/** Whether every draw of it wins, so that the odds must make up the whole. */
export const everyDrawWins = (mechanic: CampaignMechanic): boolean => mechanic === 'FLASH_SALE' || mechanic === 'RED_PACKET'

/** Whether its stock is given by odds at all: units of the others come at their own moments. */
export const hasOdds = (mechanic: CampaignMechanic): boolean => mechanic === 'LOTTERY' || mechanic === 'FLASH_SALE'

/** As they are judged; an empty one counts as none. */
export const rowsOf = (odds: readonly Num[]) => odds.map((ppb) => ({ ppb: ppb === '' ? null : ppb }))
