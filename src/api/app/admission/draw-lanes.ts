import type { AdaptiveLimit } from './adaptive-limit.js'
import { type Rank, type Ranked, RANKS, WaitingDraws } from './waiting-draws.js'

/** PRIORITY is served first, and sheds last. */
export type Lane = 'PRIORITY' | 'NORMAL'
export const LANES: readonly Lane[] = ['PRIORITY', 'NORMAL']

/** A draw that wants to be at work. One of the two is called, once, and perhaps at once. */
export interface Turn {
  readonly lane: Lane
  readonly tenantId: string
  /** Before its tenant's other PRIORITY. */
  readonly isVip?: boolean
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

interface Waiting extends Ranked {
  readonly turn: Pick<Turn, 'begin' | 'refuse'>
  /** From the end of the turn of the event loop that read it: a rush is read in one. */
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

/** What VIPs may have beyond the limits: others that are at work already are not waited for. */
const VIP_FACTOR = 1.5
/** Of a turn of the event loop, for VIPs that waited. */
const VIPS_SHARE = 0.5
/** Whatever the throughput so far: a process that has answered nothing yet lets some wait. */
const WAITING_MIN = 64
/** The share of the newest gap between two answers in their mean. */
const SMOOTHING = 0.02
const LOOK_MS = 10
const WORK_MS_MAX = 30_000

const rankOf = ({ lane, isVip }: Turn): Rank => (lane === 'NORMAL' ? RANKS.OTHER : isVip === true ? RANKS.VIP : RANKS.FIRST)

/**
 * Which draws are at work in this process, and which wait: VIPs before all others, then tenants in turn, each tenant's PRIORITY before its
 * NORMAL: a tenant whose campaign opens has nothing but first draws, and keeps nobody else's waiting. None waits longer than
 * `waitMsMax`, and none begins to wait that would: it is refused at once, while its caller still has time to come again.
 * Of those that are read together, a turn of the event loop begins `perLoopMax`: who comes next, VIP or tenant beside a rush, waits for a
 * short turn and not for all of them.
 */
export class DrawLanes {
  readonly #waiting = new WaitingDraws<Waiting>()
  readonly #now: () => number
  readonly #soon: (run: () => void) => void
  readonly #loopTurns = () => {
    this.#isTurnComing = false
    this.#loop++
    this.#begunInLoop = 0
    this.#vipsInLoop = 0
    const now = this.#now()
    for (const waiting of this.#justRead.splice(0)) waiting.until = now + this.options.waitMsMax
    this.#next(now)
  }
  #isTurnComing = false
  /** Turns of the event loop in which a draw has begun or waited. */
  #loop = 0
  #begunInLoop = 0
  /** Of those that had waited. */
  #vipsInLoop = 0
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
    return lane === 'PRIORITY' ? this.#waiting.upTo(RANKS.FIRST) : this.#waiting.count(RANKS.OTHER)
  }

  /** Begins the turn now or within `waitMsMax`, or refuses it. */
  enter(turn: Turn): Entered {
    const now = this.#now()
    const rank = rankOf(turn)
    if (this.#hasRoom(rank) && this.#isNext(rank)) return this.#begin(turn, now)
    if (!this.#mayWait(turn.tenantId, rank)) {
      turn.refuse()
      return { giveUp: nothing, leave: nothing }
    }
    let begun: Entered | undefined
    const begin = () => { this.#begin(turn, this.#now(), (entered) => { begun = entered }) }
    const refuse = () => { turn.refuse() }
    const waiting: Waiting = { turn: { begin, refuse }, tenantId: turn.tenantId, rank, until: Infinity, gone: false }
    this.#waiting.push(waiting)
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
    const beganIn = this.#loop
    const leave = () => {
      if (left) return
      left = true
      // One that was answered in the turn of the event loop in which it began has asked nobody: how long it took says nothing of those who ask.
      this.#leave(beganAt, turn.isTest !== true && this.#loop !== beganIn)
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
    for (;;) {
      if (!this.#hasRoom(RANKS.VIP)) return
      const waiting = this.#vip() ?? this.#waiting.shift(this.#hasRoom(RANKS.OTHER) ? RANKS.OTHER : RANKS.VIP)
      if (waiting === undefined) return
      const { turn, until, gone } = waiting
      if (gone) continue
      if (until <= now) turn.refuse()
      else turn.begin()
    }
  }

  /** VIPs go before all tenants' others, with half of a turn of the event loop: a tenant could call everybody one. */
  #vip(): Waiting | undefined {
    if (this.#vipsInLoop >= this.options.perLoopMax * VIPS_SHARE) return undefined
    const vip = this.#waiting.shift(RANKS.VIP)
    if (vip !== undefined) this.#vipsInLoop++
    return vip
  }

  #hasRoom(rank: Rank): boolean {
    const factor = rank === RANKS.VIP ? VIP_FACTOR : 1
    return this.#atWork < this.options.limit.value * factor && this.#begunInLoop < this.options.perLoopMax * factor
  }

  #isNext(rank: Rank): boolean {
    return this.#waiting.upTo(rank === RANKS.VIP ? RANKS.VIP : RANKS.OTHER) === 0
  }

  /** Whether it would have its turn in time, behind those that there is room for; where there are as many, another may give way. */
  #mayWait(tenantId: string, rank: Rank): boolean {
    const room = Math.max(0, this.options.limit.value - this.#atWork)
    if (this.#waiting.upTo(rank) < room + Math.max(WAITING_MIN, this.options.waitMsMax / this.#gapMs)) return true
    const other = this.#waiting.giveWay(tenantId, rank)
    other?.turn.refuse()
    return other !== undefined
  }

  /** While anybody waits: those whose time is over hear of it, also where nothing is answered any more. */
  #watch(): void {
    this.#look ??= setInterval(() => {
      const now = this.#now()
      for (const { turn, gone } of this.#waiting.takeLate(now)) if (!gone) turn.refuse()
      if (this.#waiting.upTo(RANKS.OTHER) > 0) return
      clearInterval(this.#look)
      this.#look = undefined
    }, LOOK_MS).unref()
  }
}

const nothing = () => undefined
