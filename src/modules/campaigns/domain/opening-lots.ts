import type { Mechanic, SnapshotPrize, StockLot } from './snapshot.js'
import { isPoppedPrize, POPPED_UNITS_MAX } from './validate-popped.js'

/** The same, or none: a draft may say what could not be published. */
export function soundLots(lots: readonly StockLot[]): readonly StockLot[] {
  const units = lots.reduce((sum, lot) => sum + lot.units, 0)
  return units <= POPPED_UNITS_MAX && lots.every((lot) => lot.units >= 1 && (lot.totalMinor ?? lot.units) >= lot.units) ? lots : []
}

interface OpeningCampaign {
  readonly mechanic: Mechanic
  readonly startsAtMs: number
  readonly endsAtMs: number
  readonly prizes: ReadonlyArray<Pick<SnapshotPrize, 'position' | 'stockTotal' | 'isFallback' | 'packets'>>
}

/** The lots that a campaign is published with, prize by prize; none where its stock is not popped. The fallback is never popped. */
export function openingLots({ mechanic, startsAtMs: fromMs, endsAtMs, prizes }: OpeningCampaign): StockLot[] {
  const lots = prizes.flatMap(({ position, stockTotal, isFallback, packets }): Array<Omit<StockLot, 'no'>> => {
    if (stockTotal === 0 || !isPoppedPrize(mechanic, { isFallback, packets })) return []
    if (packets === null || mechanic !== 'RED_PACKET') return [{ position, units: stockTotal, fromMs, untilMs: endsAtMs, totalMinor: null }]
    const waves = packets.waves.length > 0 ? packets.waves : [{ startsAtMs: fromMs, packets: stockTotal, totalMinor: packets.totalMinor }]
    return waves.map((wave) => {
      const at = { fromMs: wave.startsAtMs, untilMs: wave.startsAtMs }
      return { position, units: wave.packets, ...at, totalMinor: wave.totalMinor }
    })
  })
  return lots.map((lot, n) => ({ no: n + 1, ...lot }))
}
