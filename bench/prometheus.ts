/** What a histogram says, all of its series together. */
export interface Distribution { readonly count: number; readonly p50: number; readonly p99: number }

/** Of Prometheus' text; quantiles lie between the bounds of their bucket in proportion, as histogram_quantile says them. Null where nothing was observed. */
export function distributionOf(text: string, name: string): Distribution | null {
  const buckets = new Map<number, number>()
  for (const match of text.matchAll(new RegExp(`^${name}_bucket\\{[^}]*le="([^"]+)"[^}]*\\} (\\d+)`, 'gm'))) {
    const bound = match[1] === '+Inf' ? Infinity : Number(match[1])
    buckets.set(bound, (buckets.get(bound) ?? 0) + Number(match[2]))
  }
  const bounds = [...buckets].sort(([a], [b]) => a - b)
  const count = bounds.at(-1)?.[1] ?? 0
  if (count === 0) return null
  const at = (share: number) => {
    const n = bounds.findIndex(([, below]) => below >= count * share)
    const [[from, before], [to, below]] = [bounds[n - 1] ?? [0, 0], bounds[n]!]
    return to === Infinity ? from : from + (to - from) * ((count * share - before) / (below - before))
  }
  return { count, p50: at(0.5), p99: at(0.99) }
}
