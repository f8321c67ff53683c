import { SuccessWindow } from './success-window.js'

export const DEPENDENCIES = ['REDIS', 'POSTGRES'] as const
export type Dependency = (typeof DEPENDENCIES)[number]
export type Illness = Dependency | 'SUCCESS_RATE'

export interface HealthOptions {
  /** Nothing must have been wrong for so long before the process is taken for well again, ms. */
  readonly returnMs: number
  /** Of how long the draws' success is looked at, ms. */
  readonly windowMs: number
  /** ms of a clock that nobody can set. */
  readonly now?: () => number
}

const SLOTS = 10
const SUCCESS_MIN = 0.995
/** Fewer answers within the window say nothing: of a hundred, one failure would be too many. */
export const ANSWERS_MIN = 1_000

/**
 * Whether this process is well enough for work that nobody needs at this moment: its dependencies answer, and of its draws of the
 * last minutes (`windowMs`) at least 99.5 % were answered. What is wrong counts at once; what is right must last.
 */
export class Health {
  readonly #now: () => number
  readonly #returnMs: number
  readonly #slotMs: number
  #window: SuccessWindow
  readonly #open = new Set<Dependency>()
  #illness: Illness | null = null
  /** Since when nothing has been wrong, while it is still taken for ill. */
  #rightSince: number | null = null

  constructor({ returnMs, windowMs, now = () => performance.now() }: HealthOptions) {
    this.#now = now
    this.#returnMs = returnMs
    this.#slotMs = Math.ceil(windowMs / SLOTS)
    this.#window = new SuccessWindow(SLOTS, this.#slotMs, now())
  }

  /** What is wrong, or was until a moment ago; null: well. As the last look found it. */
  get illness(): Illness | null {
    return this.#illness
  }

  get successRate(): number {
    return this.#window.successRate
  }

  get answers(): number {
    return this.#window.answers
  }

  /** A draw that was asked for: `isGood` unless something of the installation kept it from its answer. */
  count(isGood: boolean): void {
    this.#window.count(isGood)
  }

  /** Of the draws so far nothing is known any more: nobody had asked for them. */
  forgetDraws(): void {
    this.#window = new SuccessWindow(SLOTS, this.#slotMs, this.#now())
  }

  depends(on: Dependency, isOpen: boolean): void {
    if (isOpen) this.#open.add(on)
    else this.#open.delete(on)
  }

  /** To be called every second, and at every change of a dependency. Whether `illness` has changed. */
  look(): boolean {
    const now = this.#now()
    this.#window.advance(now)
    const before = this.#illness
    const wrong = this.#wrong()
    if (wrong !== null) {
      this.#illness = wrong
      this.#rightSince = null
    } else if (before !== null) {
      this.#rightSince ??= now
      if (now - this.#rightSince >= this.#returnMs) {
        this.#illness = null
        this.#rightSince = null
      }
    }
    return this.#illness !== before
  }

  #wrong(): Illness | null {
    const open = DEPENDENCIES.find((dependency) => this.#open.has(dependency))
    if (open !== undefined) return open
    return this.#window.answers >= ANSWERS_MIN && this.#window.successRate < SUCCESS_MIN ? 'SUCCESS_RATE' : null
  }
}
