/** Pearson's statistic of counts against the counts that were expected. Throws where the two differ in length. */
export function chiSquare(observed: readonly number[], expected: readonly number[]): number {
  if (observed.length !== expected.length) throw new Error(`${observed.length} counts and ${expected.length} expectations`)
  return observed.reduce((sum, count, n) => sum + (count - expected[n]!) ** 2 / expected[n]!, 0)
}

/**
 * What the statistic exceeds with probability 1e-6 under `freedom` degrees (Wilson and Hilferty's approximation, at most 10 % above
 * from 2 on). Seeds are fresh in every run and many statistics are looked at: at 0.001 a right product would fail now and then, and
 * who has seen that no longer believes a failure. What is wrong must therefore be looked at in enough draws to stand out.
 */
export function chiSquareLimit(freedom: number): number {
  const z = 4.7534 // the normal distribution's 0.999999
  const spread = 2 / (9 * freedom)
  return freedom * (1 - spread + z * Math.sqrt(spread)) ** 3
}
