/** From how much of its colour the least bucket has, to how much the fullest has: all of it would hide the figures. */
const HEAT = { least: 3, most: 28 } as const

/** Units of the buckets that have any, from the least to the most; null where none has. */
export function spanOf(units: readonly number[]): { readonly least: number; readonly most: number } | null {
  const some = units.filter((remaining) => remaining > 0)
  return some.length === 0 ? null : { least: Math.min(...some), most: Math.max(...some) }
}

/** How much of its colour a bucket has, in per cent: its place between the least and the most, which the legend tells. All alike: between the two. */
export function heatOf(remaining: number, { least, most }: { readonly least: number; readonly most: number }): number {
  const part = most === least ? 0.5 : (remaining - least) / (most - least)
  return Math.round(HEAT.least + part * (HEAT.most - HEAT.least))
}
