/** Pearson's statistic of counts against the counts that were expected. Throws where the two differ in length. */
export function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  if (observed.length !== expected.length) throw new Error(`${observed.length} counts and ${expected.length} expectations`)
  return observed.reduce((sum, count, n) => sum + (count - expected[n]!) ** 2 / expected[n]!, 0)
}

/** What the statistic exceeds with probability 0.001 under `freedom` degrees (Wilson and Hilferty's approximation, within 1 % from 2 on). */
export function chiSquareLimit(freedom: number): number {
  const z = 3.0902 // the normal distribution's 0.999
  const spread = 2 / (9 * freedom)
  return freedom * (1 - spread + z * Math.sqrt(spread)) ** 3
}
