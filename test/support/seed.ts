import { replayableRandom } from '../../src/common/random.js'

export interface Seed {
  /** Below 2³¹, as fast-check wants its seeds. */
  readonly value: number
  readonly random: () => number
  /** Uniform integer in [0, below). */
  readonly int: (below: number) => number
  readonly pick: <T>(from: readonly T[]) => T
}

/**
 * The seed of a random test: SEED from the environment, else a fresh one. It is printed, so that a failure can be
 * played again with `SEED=… npm test -- <file>`. Throws if SEED is not an integer of 0 to 2³¹ − 1.
 */
export function seed(label = 'test'): Seed {
  const given = process.env.SEED
  const value = given === undefined || given === '' ? Math.floor(Math.random() * 2 ** 31) : Number(given)
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** 31) throw new Error(`SEED must be an integer from 0 to 2147483647, not "${given}"`)
  process.stderr.write(`${label}: SEED=${value}\n`)
  const random = replayableRandom(value)
  const int = (below: number): number => Math.floor(random() * below)
  return {
    value,
    random,
    int,
    pick: (from) => {
      if (from.length === 0) throw new Error('nothing to pick from')
      return from[int(from.length)]!
    },
  }
}
