export type Status = 'GRANTED' | 'FULFILLING' | 'FULFILLED' | 'FAILED' | 'REVOKED' | 'EXPIRED'
export type Kind = 'WEBHOOK' | 'WALLET' | 'MANUAL' | null
export type Fate = 'RETURN_TO_VAULT' | 'WRITE_OFF'
export type DeskAction = 'issue' | 'revoke' | 'expire' | 'confirm' | 'fail'

export interface ModelAward {
  readonly id: string
  readonly prize: number
  readonly kind: Kind
  status: Status
  settled: boolean
  hasTask: boolean
  /** The machine may go on with it. */
  due: boolean
  /** Who delivers it now. */
  holder: string | null
  isAlive: boolean
  /** What its receiver has done, by the ids that it was told: once each. */
  readonly received: Set<string>
}

const ALLOWED: Record<DeskAction, readonly Status[]> = {
  issue: ['FAILED'], revoke: ['GRANTED', 'FULFILLING', 'FULFILLED', 'FAILED'], expire: ['GRANTED', 'FULFILLING', 'FAILED'],
  confirm: ['GRANTED', 'FULFILLING', 'FAILED'], fail: ['GRANTED', 'FULFILLING'],
}

/** Awards and stock as they should be: plain, slow and without any fault. */
export class FulfilmentModel {
  readonly awards: ModelAward[] = []
  readonly vault: number[]
  readonly granted: number[]

  constructor(readonly kinds: readonly Kind[], stock: number) {
    this.vault = kinds.map(() => 0)
    this.granted = kinds.map(() => stock)
  }

  win(id: string, prize: number, settled: boolean): void {
    this.awards.push({
      id, prize, kind: this.kinds[prize]!, status: 'GRANTED', settled, hasTask: false, due: false, holder: null, isAlive: false, received: new Set(),
    })
  }

  settle(): void {
    for (const award of this.awards) award.settled = true
  }

  assign(): void {
    for (const award of this.awards) if (award.kind !== null && !award.hasTask && award.status === 'GRANTED') this.#task(award)
  }

  lapse(): void {
    for (const award of this.awards) award.isAlive = false
  }

  mayBegin(award: ModelAward): boolean {
    return award.kind === 'WEBHOOK' && award.due && !(award.holder !== null && award.isAlive)
  }

  begin(award: ModelAward, holder: string): void {
    award.status = 'FULFILLING'
    award.holder = holder
    award.isAlive = true
  }

  /** `again`: it failed, and is tried again. */
  conclude(award: ModelAward, holder: string, end: 'DELIVERED' | 'AGAIN' | 'FAILED'): 'DONE' | 'LOST' {
    if (award.status !== 'FULFILLING' || award.holder !== holder) return 'LOST'
    award.holder = null
    if (end === 'DELIVERED') award.status = 'FULFILLED'
    if (end === 'FAILED') award.status = 'FAILED'
    award.due = end === 'AGAIN'
    return 'DONE'
  }

  credit(): void {
    for (const award of this.awards) {
      if (award.kind !== 'WALLET' || !award.due) continue
      award.due = false
      award.status = 'FULFILLED'
    }
  }

  /** Everybody's time to claim is over. */
  expire(fate: Fate): void {
    for (const award of this.awards) {
      if (award.kind !== 'MANUAL' || !award.due || (award.status === 'GRANTED' && !award.settled)) continue
      award.due = false
      if (award.status === 'GRANTED') this.#takeBack(award, 'EXPIRED', fate)
    }
  }

  claim(award: ModelAward): boolean {
    if (award.kind !== 'MANUAL') return false
    if (!award.hasTask) this.#task(award)
    if (award.status !== 'GRANTED' && award.status !== 'FULFILLING') return false
    award.status = 'FULFILLING'
    award.due = false
    return true
  }

  /** Null: done. */
  desk(award: ModelAward, action: DeskAction, fate: Fate): string | null {
    if (award.holder !== null && award.isAlive) return 'IN_DELIVERY'
    if (!ALLOWED[action].includes(award.status)) return 'NOT_ALLOWED'
    if ((action === 'revoke' || action === 'expire') && !award.settled) return 'NOT_SETTLED'
    if (action === 'issue' && award.kind === null) return 'NO_FULFILMENT'
    award.holder = null
    award.due = false
    if (action === 'issue') {
      award.status = 'FULFILLING'
      award.hasTask = true
      award.due = award.kind !== 'MANUAL'
    } else if (action === 'confirm' || action === 'fail') {
      award.hasTask ||= award.kind !== null
      award.status = action === 'confirm' ? 'FULFILLED' : 'FAILED'
    } else this.#takeBack(award, action === 'revoke' ? 'REVOKED' : 'EXPIRED', fate)
    return null
  }

  /** By prize: what is neither in the vault nor with a live award. */
  inBuckets(prize: number): number {
    return this.granted[prize]! - this.vault[prize]! - this.live(prize)
  }

  live(prize: number): number {
    return this.awards.filter((award) => award.prize === prize && award.status !== 'REVOKED' && award.status !== 'EXPIRED').length
  }

  #task(award: ModelAward): void {
    award.hasTask = true
    award.due = true
  }

  #takeBack(award: ModelAward, status: Status, fate: Fate): void {
    award.status = status
    if (fate === 'RETURN_TO_VAULT') this.vault[award.prize]!++
    else this.granted[award.prize]!--
  }
}
