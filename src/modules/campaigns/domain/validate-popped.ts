import type { CampaignDraft, PrizeDraft } from '../campaigns.types.js'
import type { Report } from './report.js'
import type { PacketPlan } from './snapshot.js'

const INT_MAX = 0x7fff_ffff
const WAVES_MAX = 100
/** Of all prizes of a campaign: each unit is an entry in Redis. */
export const POPPED_UNITS_MAX = 1_000_000

const isIntegerIn = (value: number, min: number, max: number) => Number.isInteger(value) && value >= min && value <= max

/** Whether the campaign's stock is popped, unit by unit, rather than given by odds. */
export const isPopped = ({ mechanic, prizes }: Pick<CampaignDraft, 'mechanic' | 'prizes'>): boolean =>
  mechanic === 'INSTANT_WIN' || (mechanic === 'RED_PACKET' && prizes.some(({ packets }) => packets !== null))

/** Whether this prize's units are popped. A fallback is given as always: by number. */
export const isPoppedPrize = (mechanic: CampaignDraft['mechanic'], { isFallback, packets }: Pick<PrizeDraft, 'isFallback' | 'packets'>): boolean =>
  !isFallback && (mechanic === 'INSTANT_WIN' || (mechanic === 'RED_PACKET' && packets !== null))

/** What is wrong with the red packets of a draft, wherever it stands on its way. */
export function packetProblems(draft: CampaignDraft, report: Report): void {
  draft.prizes.forEach(({ packets }, i) => {
    if (packets === null) return
    const at = `prizes[${i}].packets`
    if (draft.mechanic !== 'RED_PACKET') report(at, `only a RED_PACKET has packets, not a ${draft.mechanic}: leave them out`, 'NOT_FOR_MECHANIC', { mechanic: draft.mechanic })
    if (packets.totalMinor !== null && !isIntegerIn(packets.totalMinor, 1, INT_MAX)) report(`${at}.totalMinor`, `must be from 1 to ${INT_MAX}, or null for packets that are worth the prize's value`, 'RANGE', { min: 1, max: INT_MAX })
    if (packets.waves.length > WAVES_MAX) report(`${at}.waves`, `must be at most ${WAVES_MAX}`, 'AT_MOST', { max: WAVES_MAX })
    else waveProblems(packets, at, report)
  })
}

function waveProblems({ totalMinor: whole, waves }: PacketPlan, at: string, report: Report): void {
  waves.forEach(({ packets, totalMinor }, n) => {
    const wave = `${at}.waves[${n}]`
    if (!isIntegerIn(packets, 1, POPPED_UNITS_MAX)) report(`${wave}.packets`, `must be from 1 to ${POPPED_UNITS_MAX}`, 'RANGE', { min: 1, max: POPPED_UNITS_MAX })
    if (whole === null && totalMinor !== null) report(`${wave}.totalMinor`, 'the packets have no total to split: leave it out, or give packets.totalMinor', 'WAVE_NO_TOTAL')
    if (whole === null) return
    if (totalMinor === null) report(`${wave}.totalMinor`, 'must say what this wave has of packets.totalMinor', 'WAVE_TOTAL_MISSING')
    else if (!isIntegerIn(totalMinor, packets, INT_MAX)) report(`${wave}.totalMinor`, `must be from ${packets}, one minor unit a packet, to ${INT_MAX}`, 'RANGE', { min: packets, max: INT_MAX })
  })
}

/** What publishing needs of a campaign whose stock is popped. */
export function poppedProblems(draft: CampaignDraft, report: Report): void {
  const { mechanic, prizes } = draft
  if (!isPopped(draft)) return
  const units = prizes.reduce((sum, { stockTotal, isFallback }) => sum + (isFallback ? 0 : stockTotal), 0)
  if (units > POPPED_UNITS_MAX) report('prizes', `${units} units are to be popped; at most ${POPPED_UNITS_MAX}`, 'POPPED_UNITS', { units, max: POPPED_UNITS_MAX })
  if (draft.guaranteeAfterLosses !== null) report('guaranteeAfterLosses', `units of a ${mechanic} come at their own moments: it has no guarantee`, 'NOT_FOR_MECHANIC', { mechanic })
  prizes.forEach((prize, i) => {
    const at = `prizes[${i}].release`
    if (prize.release !== null && isPoppedPrize(mechanic, prize)) report(at, `units of a ${mechanic} come at their own moments: leave the schedule out`, 'NOT_FOR_MECHANIC', { mechanic })
  })
  if (mechanic !== 'RED_PACKET') return
  const total = prizes.some(({ packets }) => packets !== null && packets.totalMinor !== null)
  if (total && draft.budget !== null) report('budget', 'packets that are split from a total spend no more than it: leave the budget out', 'PACKET_BUDGET')
  prizes.forEach(({ packets, stockTotal, isFallback }, i) => {
    const at = `prizes[${i}]`
    if (packets === null) report(`${at}.packets`, 'where one prize has packets, all have: give it {} for packets that are worth its value', 'PACKETS_MISSING')
    else planProblems(draft, packets, stockTotal, at, report)
    if (isFallback) report(`${at}.isFallback`, 'packets are popped as they come: there is no fallback', 'PACKET_FALLBACK')
  })
}

function planProblems(draft: CampaignDraft, { totalMinor, waves }: PacketPlan, stockTotal: number, at: string, report: Report): void {
  if (totalMinor !== null && totalMinor < stockTotal) report(`${at}.packets.totalMinor`, `must be at least ${stockTotal}, one minor unit a packet (stockTotal)`, 'PACKET_TOTAL', { min: stockTotal })
  if (totalMinor !== null && stockTotal === 0) report(`${at}.stockTotal`, 'must be at least 1: a total is split among this many packets', 'PACKET_STOCK')
  if (waves.length === 0) return
  const sum = waves.reduce((total, { packets }) => total + packets, 0)
  if (sum !== stockTotal) report(`${at}.packets.waves`, `have ${sum} packets together; stockTotal says ${stockTotal}`, 'WAVES_SUM', { sum, stock: stockTotal })
  const money = waves.reduce((total, wave) => total + (wave.totalMinor ?? 0), 0)
  if (totalMinor !== null && money !== totalMinor) report(`${at}.packets.waves`, `have ${money} minor units together; totalMinor says ${totalMinor}`, 'WAVES_TOTAL', { sum: money, total: totalMinor })
  waves.forEach(({ startsAtMs }, n) => {
    const fits = startsAtMs >= draft.startsAt.getTime() && startsAtMs < draft.endsAt.getTime()
    if (!fits) report(`${at}.packets.waves[${n}].startsAt`, 'must lie between startsAt and endsAt of the campaign', 'WITHIN_CAMPAIGN')
  })
}
