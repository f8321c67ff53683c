const BITS_PER_KEY = 12
const KEY_PROBES = 8
const COUNTERS_PER_DRAW = 8
const COUNT_PROBES = 5
const COUNT_MAX = 255
const WORD_BITS = 32
// Neither a participant's id nor a key has a control character in it.
const BETWEEN = '\n'

/** Two independent 32-bit hashes of UTF-16 units (cyrb53's halves): the probes are their sums. */
function hashes(text: string): readonly [number, number] {
  let a = 0xdeadbeef
  let b = 0x41c6ce57
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    a = Math.imul(a ^ unit, 2_654_435_761)
    b = Math.imul(b ^ unit, 1_597_334_677)
  }
  const mixed = Math.imul(a ^ (a >>> 16), 2_246_822_507) ^ Math.imul(b ^ (b >>> 13), 3_266_489_909)
  b = Math.imul(b ^ (b >>> 16), 2_246_822_507) ^ Math.imul(mixed ^ (mixed >>> 13), 3_266_489_909)
  return [mixed >>> 0, (b | 1) >>> 0]
}

/** Pairs of hashes, as many as there are. */
class HashList {
  length = 0
  #pairs = new Uint32Array(2_048)

  push(pair: readonly [number, number]): void {
    if (2 * this.length === this.#pairs.length) {
      const grown = new Uint32Array(2 * this.#pairs.length)
      grown.set(this.#pairs)
      this.#pairs = grown
    }
    this.#pairs.set(pair, 2 * this.length++)
  }

  each(use: (a: number, b: number) => void): void {
    for (let n = 0; n < this.length; n++) use(this.#pairs[2 * n]!, this.#pairs[2 * n + 1]!)
  }
}

/**
 * What was accepted in a campaign, in a few bytes a draw: Bloom filters, which may say too much and never too little. Of keys
 * that were not used some 0.3 % are taken for used, (1 - e^(-8/12))^8; of participants who never drew some 2 % for one who did.
 */
export class AcceptedDraws {
  readonly #keys: Uint32Array
  readonly #counts: Uint8Array

  private constructor(keys: HashList, participants: HashList) {
    this.#keys = new Uint32Array(Math.max(4, Math.ceil((keys.length * BITS_PER_KEY) / WORD_BITS)))
    const bits = this.#keys.length * WORD_BITS
    keys.each((a, b) => {
      for (let probe = 0, at = a; probe < KEY_PROBES; probe++, at += b) this.#keys[(at % bits) >>> 5]! |= 1 << ((at % bits) & 31)
    })
    this.#counts = new Uint8Array(Math.max(64, participants.length * COUNTERS_PER_DRAW))
    participants.each((a, b) => {
      for (let probe = 0, at = a; probe < COUNT_PROBES; probe++, at += b) {
        const counter = at % this.#counts.length
        this.#counts[counter] = Math.min(COUNT_MAX, this.#counts[counter]! + 1)
      }
    })
  }

  /** Of `requestsMax` requests and `drawsMax` draws at most. */
  static builder(drawsMax: number): AcceptedDrawsBuilder {
    return new AcceptedDrawsBuilder(drawsMax, (keys, participants) => new AcceptedDraws(keys, participants))
  }

  get bytes(): number {
    return this.#keys.byteLength + this.#counts.byteLength
  }

  /** False: the participant has no answer under this key. */
  mayHaveKey(participantId: string, idempotencyKey: string): boolean {
    const [a, b] = hashes(participantId + BETWEEN + idempotencyKey)
    const bits = this.#keys.length * WORD_BITS
    for (let probe = 0, at = a; probe < KEY_PROBES; probe++, at += b) {
      if ((this.#keys[(at % bits) >>> 5]! & (1 << ((at % bits) & 31))) === 0) return false
    }
    return true
  }

  /** The participant has no more draws than this; Infinity: nobody knows. */
  drawsMost(participantId: string): number {
    const [a, b] = hashes(participantId)
    let most = COUNT_MAX
    for (let probe = 0, at = a; probe < COUNT_PROBES; probe++, at += b) most = Math.min(most, this.#counts[at % this.#counts.length]!)
    return most === COUNT_MAX ? Infinity : most
  }
}

/** Takes draws, one after the other. Holds 16 bytes for each. */
export class AcceptedDrawsBuilder {
  readonly #keys = new HashList()
  readonly #participants = new HashList()

  constructor(private readonly drawsMax: number, private readonly make: (keys: HashList, participants: HashList) => AcceptedDraws) {}

  /** `draws` that were accepted together. False where there are too many in all: nothing can be made of them. */
  put(participantId: string, idempotencyKey: string, draws: number): boolean {
    if (this.#participants.length + draws > this.drawsMax) return false
    this.#keys.push(hashes(participantId + BETWEEN + idempotencyKey))
    const participant = hashes(participantId)
    for (let n = 0; n < draws; n++) this.#participants.push(participant)
    return true
  }

  build(): AcceptedDraws {
    return this.make(this.#keys, this.#participants)
  }
}
