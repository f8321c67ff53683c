export const MECHANICS = ['FLASH_SALE', 'LOTTERY', 'RED_PACKET', 'INSTANT_WIN'] as const
export type RushMechanic = (typeof MECHANICS)[number]

export interface RushSize {
  readonly draws: number
  readonly users: number
}

interface RushPrize {
  readonly name: string
  readonly kind: 'PHYSICAL' | 'COUPON_CODE' | 'POINTS' | 'CASH'
  /** Of a thousand draws that find a prize. */
  readonly perMille: number
  /** Of the draws of the rush. */
  readonly stockShare: number
  readonly isFallback?: boolean
  readonly amountMinor?: number
}

const PPB_PER_MILLE = 1_000_000

// Less stock than draws, so that the last ones find nothing.
const SALE: readonly RushPrize[] = [
  { name: 'Television', kind: 'PHYSICAL', perMille: 10, stockShare: 0.007 },
  { name: 'Headphones', kind: 'PHYSICAL', perMille: 90, stockShare: 0.063 },
  { name: 'Gift card', kind: 'PHYSICAL', perMille: 300, stockShare: 0.21 },
  { name: 'Points', kind: 'POINTS', perMille: 600, stockShare: 0.42 },
]
// Two prizes that run out on the way, and one that is given in their place until it is gone, too.
const LOTTERY: readonly RushPrize[] = [
  { name: 'Television', kind: 'PHYSICAL', perMille: 10, stockShare: 0.004 },
  { name: 'Headphones', kind: 'PHYSICAL', perMille: 90, stockShare: 0.05 },
  { name: 'Gift card', kind: 'PHYSICAL', perMille: 300, stockShare: 0.4 },
  { name: 'Points', kind: 'POINTS', perMille: 0, stockShare: 0.02, isFallback: true },
]
const PACKETS: readonly RushPrize[] = [
  { name: 'Large packet', kind: 'CASH', perMille: 50, stockShare: 0.03, amountMinor: 8_888 },
  { name: 'Small packet', kind: 'CASH', perMille: 950, stockShare: 0.57, amountMinor: 188 },
]
const INSTANT: readonly RushPrize[] = [{ name: 'Instant win', kind: 'PHYSICAL', perMille: 1_000, stockShare: 0.05 }]

const OF: Record<RushMechanic, { readonly prizes: readonly RushPrize[]; readonly rules: object }> = {
  FLASH_SALE: { prizes: SALE, rules: {} },
  LOTTERY: { prizes: LOTTERY, rules: {} },
  RED_PACKET: { prizes: PACKETS, rules: {} },
  INSTANT_WIN: { prizes: INSTANT, rules: {} },
}

/** What a campaign of the mechanic is created with beside its name and times, for a rush of that size. */
export function settingsOf(mechanic: RushMechanic, { draws }: RushSize): object {
  const { prizes, rules } = OF[mechanic]
  return {
    ...rules,
    prizes: prizes.map(({ name, kind, perMille, stockShare, isFallback, amountMinor }) => ({
      name,
      kind,
      probabilityPpb: perMille * PPB_PER_MILLE,
      stockTotal: Math.max(1, Math.round(draws * stockShare)),
      ...(isFallback === true ? { isFallback } : {}),
      ...(amountMinor === undefined ? {} : { value: { amountMinor, currency: 'CNY' } }),
    })),
  }
}
