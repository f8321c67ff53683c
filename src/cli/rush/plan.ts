/** What a worker does next: draw `draw` of `user`, at the same time `twins` more under its key, or repeat an earlier draw. */
export interface Step {
  readonly draw: number
  readonly user: number
  readonly twins: number
  readonly repeat: boolean
}

/** A small replayable generator (mulberry32); uniform in [0, 1). */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

interface Size {
  readonly draws: number
  readonly users: number
  readonly repeatShare: number
  readonly seed: number
}

/** Every draw once, in a random user's name; a share of them with a twin or, later, a repeat. */
export function* plan({ draws, users, repeatShare, seed }: Size): Generator<Step, void, undefined> {
  const random = generator(seed)
  const userOf = new Uint32Array(draws)
  for (let draw = 0; draw < draws; draw++) {
    const user = Math.floor(random() * users)
    userOf[draw] = user
    const chance = random()
    yield { draw, user, twins: chance < repeatShare / 2 ? 1 : 0, repeat: false }
    if (chance < repeatShare / 2 || chance >= repeatShare) continue
    // Of any age: the one just answered, or one of the first.
    const again = Math.floor(random() * (draw + 1))
    yield { draw: again, user: userOf[again]!, twins: 0, repeat: true }
  }
}
