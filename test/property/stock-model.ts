import type { CarryOver } from '../../src/modules/campaigns/domain/release.js'

interface ModelStep { dueMinutes: number; units: number; state: 'PENDING' | 'RELEASED' | 'SKIPPED' | 'CANCELLED' }

/** Vault, buckets and schedule of one prize as three numbers and a list: what the product must come to, whatever happened on the way. */
export class StockModel {
  granted: number
  vault: number
  buckets = 0
  won = 0
  ended = false
  nowMinutes = 0
  readonly steps: ModelStep[]

  constructor(stock: number, readonly carryOver: CarryOver, steps: ReadonlyArray<{ dueMinutes: number; units: number }>) {
    this.granted = stock
    this.vault = stock
    this.steps = steps.map((step) => ({ ...step, state: 'PENDING' }))
    this.releaseDue()
  }

  get planned(): number {
    return this.steps.reduce((sum, { state, units }) => sum + (state === 'PENDING' ? units : 0), 0)
  }

  releaseDue(): void {
    const due = this.steps.filter(({ state, dueMinutes }) => state === 'PENDING' && dueMinutes <= this.nowMinutes)
    if (this.ended || due.length === 0) return
    if (this.carryOver === 'VOID') {
      if (this.steps.some(({ state }) => state === 'RELEASED')) {
        this.vault += this.buckets
        this.buckets = 0
      }
      for (const step of due.slice(0, -1)) step.state = 'SKIPPED'
    }
    for (const step of this.carryOver === 'VOID' ? due.slice(-1) : due) {
      step.state = 'RELEASED'
      this.vault -= step.units
      this.buckets += step.units
    }
  }

  win(units: number): void {
    this.buckets -= units
    this.won += units
  }

  restock(units: number): void {
    this.granted += units
    this.buckets += units
  }

  /** False where it must be refused. */
  reduce(units: number): boolean {
    if (this.vault >= units) {
      this.vault -= units
      let excess = Math.max(0, this.planned - this.vault)
      for (const step of this.steps.toReversed()) {
        if (step.state !== 'PENDING') continue
        const some = Math.min(excess, step.units)
        excess -= some
        step.units -= some
        if (some > 0 && step.units === 0) step.state = 'CANCELLED'
      }
    } else if (this.buckets >= units) {
      this.buckets -= units
    } else {
      return false
    }
    this.granted -= units
    return true
  }

  /** False where it must be refused. */
  release(units: number): boolean {
    if (this.vault - this.planned < units) return false
    this.vault -= units
    this.buckets += units
    return true
  }

  end(): void {
    this.ended = true
    this.vault += this.buckets
    this.buckets = 0
    for (const step of this.steps) if (step.state === 'PENDING') step.state = 'CANCELLED'
  }
}
