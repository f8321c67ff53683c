import { replayableRandom } from '../../common/random.js'

/** What a worker does next: draw `draw` of `user`, at the same time `twins` more under its key, or repeat an earlier draw. */
export interface Step {
  readonly draw: number
  readonly user: number
  readonly twins: number
  readonly repeat: boolean
}

interface Size {
  readonly draws: number
  readonly users: number
  readonly repeatShare: number
  readonly seed: number
}

/** Every draw once, in a random user's name; a share of them with a twin or, later, a repeat. */
export function* plan({ draws, users, repeatShare, seed }: Size): Generator<Step, void, undefined> {
  const random = replayableRandom(seed)
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
