/** Ids count milliseconds from here: 41 bits last until 2095. */
export const SNOWFLAKE_EPOCH_MS = Date.UTC(2026, 0, 1)
const SEQUENCES = 4096

/** When an id was made, in milliseconds since 1970. */
export const snowflakeTimeMs = (snowflake: bigint): number => Number(snowflake >> 22n) + SNOWFLAKE_EPOCH_MS

/**
 * 64-bit ids: 41 bits of milliseconds, 10 of the shard (leased, one process each), 12 of sequence. A clock that goes back
 * changes nothing: time never falls below the last id's, and a full millisecond borrows the next.
 */
export class SnowflakeGenerator {
  #lastMs: number
  #sequence = SEQUENCES

  /** `afterMs`: no id is made at or before this time (what the shard's last holder may have used). */
  constructor(private readonly shard: number, afterMs: number, private readonly now: () => number = Date.now) {
    if (!Number.isInteger(shard) || shard < 0 || shard > 1023) throw new RangeError('A shard is 0 to 1023')
    this.#lastMs = afterMs
  }

  /** The time of the newest id. */
  get lastMs(): number {
    return this.#lastMs
  }

  next(): bigint {
    const now = this.now()
    if (now > this.#lastMs) {
      this.#lastMs = now
      this.#sequence = 0
    } else if (this.#sequence >= SEQUENCES) {
      this.#lastMs += 1
      this.#sequence = 0
    }
    return (BigInt(this.#lastMs - SNOWFLAKE_EPOCH_MS) << 22n) | BigInt((this.shard << 12) | this.#sequence++)
  }
}
