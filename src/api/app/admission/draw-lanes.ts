import type { AdaptiveLimit } from './adaptive-limit.js'

/** PRIORITY is served first, and sheds last. */
export type Lane = 'PRIORITY' | 'NORMAL'
export const LANES: readonly Lane[] = ['PRIORITY', 'NORMAL']

/** A draw that wants to be at work. One of the two is called, once, and perhaps at once. */
export interface Turn {
  readonly lane: Lane
  readonly tenantId: string
  /** How long it takes says nothing about the others: a draw of a test world. */
  readonly isTest?: boolean
  begin(): void
  /** It could not be begun in time. */
  refuse(): void
}

/** What a caller says of its turn. */
export interface Entered {
  /** Nobody waits for it any more: where it has not begun, it does not. */
  giveUp(): void
  /** Its work is done; where it has not begun, it never does. */
  leave(): void
}

interface Waiting {
  readonly turn: Turn
  /** Of performance.now(): after this nobody wants its answer. From the end of the turn of the event loop that read it: a rush is read in one. */
  until: number
  gone: boolean
}

export interface DrawLanesOptions {
  readonly limit: Pick<AdaptiveLimit, 'value' | 'answered'>
  readonly waitMsMax: number
  /** How many begin in one turn of the event loop. */
  readonly perLoopMax: number
  readonly now?: () => number
  /** Calls in the next turn of the event loop. */
  readonly soon?: (run: () => void) => void
}

/** What PRIORITY may have beyond the limits: NORMAL draws that are at work already are not waited for. */
const PRIORITY_FACTOR = 1.5
/** Whatever the throughput so far: a process that has answered nothing yet lets some wait. */
const WAITING_MIN = 64
/** The share of the newest gap between two answers in their mean. */
const SMOOTHING = 0.02
const LOOK_MS = 10
const WORK_MS_MAX = 30_000

/** Draws of one lane that wait: the oldest of each tenant, and tenants in turn. */
class Line {
  readonly #tenants = new Map<string, Waiting[]>()
  length = 0

  push(waiting: Waiting): void {
    const own = this.#tenants.get(waiting.turn.tenantId)
    if (own === undefined) this.#tenants.set(waiting.turn.tenantId, [waiting])
    else own.push(waiting)
    this.length++
  }

  shift(): Waiting | undefined {
    for (const [tenantId, own] of this.#tenants) {
      const first = own.shift()!
      this.length--
      // To the end of the line.
      this.#tenants.delete(tenantId)
      if (own.length > 0) this.#tenants.set(tenantId, own)
      return first
    }
    return undefined
  }

  /** Those whose time is over, of all tenants. */
  takeLate(now: number): Waiting[] {
    const late: Waiting[] = []
    for (const [tenantId, own] of this.#tenants) {
      while (own.length > 0 && own[0]!.until <= now) late.push(own.shift()!)
      if (own.length === 0) this.#tenants.delete(tenantId)
    }
    this.length -= late.length
    return late
  }

  /** The newest of the tenant that has the most; undefined where that is not more than one more than `tenantId` has. */
  takeFromLongest(tenantId: string): Waiting | undefined {
    let longest: Waiting[] | undefined
    for (const own of this.#tenants.values()) if (own.length > (longest?.length ?? 0)) longest = own
    if (longest === undefined || longest.length <= (this.#tenants.get(tenantId)?.length ?? 0) + 1) return undefined
    this.length--
    return longest.pop()
  }
}

/**
 * Which draws are at work in this process, and which wait: PRIORITY before NORMAL, tenants in turn within a lane. None waits longer than
 * `waitMsMax`, and none begins to wait that would: it is refused at once, while its caller still has time to come again.
 * Of those that are read together, a turn of the event loop begins `perLoopMax`: who comes next, VIP or tenant beside a rush, waits for a
 * short turn and not for all of them.
 */
export class DrawLanes {
  readonly #lines: Readonly<Record<Lane, Line>> = { PRIORITY: new Line(), NORMAL: new Line() }
  readonly #now: () => number
  readonly #soon: (run: () => void) => void
  readonly #loopTurns = () => {
    this.#isTurnComing = false
    this.#begunInLoop = 0
    const now = this.#now()
    for (const waiting of this.#justRead.splice(0)) waiting.until = now + this.options.waitMsMax
    this.#next(now)
  }
  #isTurnComing = false
  #begunInLoop = 0
  readonly #justRead: Waiting[] = []
  #atWork = 0
  /** Between two answers, in the mean. */
  #gapMs = 1
  #answeredAt: number
  #look: NodeJS.Timeout | undefined

  constructor(private readonly options: DrawLanesOptions) {
    this.#now = options.now ?? (() => performance.now())
    this.#soon = options.soon ?? ((run) => { setImmediate(run) })
    this.#answeredAt = this.#now()
  }

  get atWork(): number {
    return this.#atWork
  }

  waiting(lane: Lane): number {
    return this.#lines[lane].length
  }

  /** Begins the turn now or within `waitMsMax`, or refuses it. */
  enter(turn: Turn): Entered {
    const now = this.#now()
    if (this.#hasRoom(turn.lane) && this.#isNext(turn.lane)) return this.#begin(turn, now)
    if (!this.#mayWait(turn)) {
      turn.refuse()
      return { giveUp: nothing, leave: nothing }
    }
    let begun: Entered | undefined
    const { lane, tenantId } = turn
    const begin = () => { this.#begin(turn, this.#now(), (entered) => { begun = entered }) }
    const refuse = () => { turn.refuse() }
    const waiting: Waiting = { turn: { lane, tenantId, begin, refuse }, until: Infinity, gone: false }
    this.#lines[lane].push(waiting)
    this.#justRead.push(waiting)
    this.#expectTurn()
    this.#watch()
    return {
      giveUp: () => {
        waiting.gone = true
        begun?.giveUp()
      },
      leave: () => {
        waiting.gone = true
        begun?.leave()
      },
    }
  }

  /** `tell`: before the turn begins, so that one that ends while it begins can give its place up. */
  #begin(turn: Turn, beganAt: number, tell?: (entered: Entered) => void): Entered {
    this.#atWork++
    this.#begunInLoop++
    this.#expectTurn()
    let left = false
    const tells = turn.isTest !== true
    const leave = () => {
      if (left) return
      left = true
      this.#leave(beganAt, tells)
    }
    // Whose caller is gone ends by itself; should it ever not, its place is not lost for good. Of one that has ended nothing is kept:
    // every connection says that it is done with.
    const entered = { leave, giveUp: () => { if (!left) setTimeout(leave, WORK_MS_MAX).unref() } }
    tell?.(entered)
    turn.begin()
    return entered
  }

  #expectTurn(): void {
    if (this.#isTurnComing) return
    this.#isTurnComing = true
    this.#soon(this.#loopTurns)
  }

  #leave(beganAt: number, tells: boolean): void {
    const now = this.#now()
    if (tells) this.options.limit.answered(now - beganAt, this.#atWork, now)
    this.#gapMs += (Math.min(now - this.#answeredAt, this.options.waitMsMax) - this.#gapMs) * SMOOTHING
    this.#answeredAt = now
    this.#atWork--
    this.#next(now)
  }

  #next(now: number): void {
    for (const lane of LANES) {
      while (this.#lines[lane].length > 0 && this.#hasRoom(lane)) {
        const { turn, until, gone } = this.#lines[lane].shift()!
        if (gone) continue
        if (until <= now) turn.refuse()
        else turn.begin()
      }
    }
  }

  #hasRoom(lane: Lane): boolean {
    const factor = lane === 'PRIORITY' ? PRIORITY_FACTOR : 1
    return this.#atWork < this.options.limit.value * factor && this.#begunInLoop < this.options.perLoopMax * factor
  }

  #isNext(lane: Lane): boolean {
    return this.#lines[lane].length === 0 && (lane === 'PRIORITY' || this.#lines.PRIORITY.length === 0)
  }

  /** Whether it would have its turn in time, behind those that there is room for; where its lane is full, the tenant that waits most gives way. */
  #mayWait({ lane, tenantId }: Turn): boolean {
    const ahead = this.#lines.PRIORITY.length + (lane === 'NORMAL' ? this.#lines.NORMAL.length : 0)
    const room = Math.max(0, this.options.limit.value - this.#atWork)
    if (ahead < room + Math.max(WAITING_MIN, this.options.waitMsMax / this.#gapMs)) return true
    const other = this.#lines[lane].takeFromLongest(tenantId)
    other?.turn.refuse()
    return other !== undefined
  }

  /** While anybody waits: those whose time is over hear of it, also where nothing is answered any more. */
  #watch(): void {
    this.#look ??= setInterval(() => {
      const now = this.#now()
      for (const lane of LANES) for (const { turn, gone } of this.#lines[lane].takeLate(now)) if (!gone) turn.refuse()
      if (LANES.some((lane) => this.#lines[lane].length > 0)) return
      clearInterval(this.#look)
      this.#look = undefined
    }, LOOK_MS).unref()
  }
}

const nothing = () => undefined
