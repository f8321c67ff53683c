/** A small, fast, replayable generator (mulberry32). Uniform in [0, 1). Good for tests alone. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

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
  const random = generator(value)
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
