import type { CampaignSnapshot, SnapshotPrize } from '../../src/modules/campaigns/domain/snapshot.js'
import { candidate, firstComeCandidates } from '../../src/modules/draws/domain/odds.js'
import { roll } from '../../src/modules/draws/domain/roll.js'

interface Participant {
  draws: number
  wins: number
  readonly winsOf: Map<number, number>
  /** Draws since the last win that counts. */
  losses: number
  tickets: number
  readonly answers: Map<string, { parameters: string; outcomes: number[] }>
  readonly grants: Map<string, number>
}

export type Expected =
  | { kind: 'rejected'; code: string }
  /** Positions, 0 = lost. */
  | { kind: 'accepted'; outcomes: number[]; replayed: boolean; drawsLeft: number | null; plan?: Exclude<Plan, { code: string }> }

type Plan = { code: string } | { outcomes: number[]; takes: number[]; wins: number; losses: number }

/** What one request asks for. */
export interface Asked { readonly user: string; readonly key: string; readonly count: number; readonly device: string | null }

/**
 * The engine as one plain object: no buckets, no script, no database. Stock is one number a prize, and every request is
 * decided whole. It is told a day that does not end.
 */
export class EngineModel {
  readonly stock = new Map<number, number>()
  readonly granted = new Map<number, number>()
  readonly awarded = new Map<number, number>()
  paused = false
  drawn = 0
  /** Minor units that prizes have cost. */
  spent = 0
  readonly #people = new Map<string, Participant>()

  constructor(private readonly campaign: CampaignSnapshot) {
    for (const { position, stockTotal } of campaign.prizes) {
      this.stock.set(position, stockTotal)
      this.granted.set(position, stockTotal)
      this.awarded.set(position, 0)
    }
  }

  get users(): string[] {
    return [...this.#people.keys()]
  }

  /**
   * The answers that are right. More than one in a first-come campaign alone: a process that knows a prize, or what pays for it, to
   * be gone everywhere spreads its rolls over the others, or says so; one that does not know may first meet a limit. Nothing is carried out.
   */
  draw({ user, key, count, device }: Asked): Expected[] {
    const person = this.#person(user)
    const parameters = `${count}/${device}`
    const known = person.answers.get(key)
    if (known !== undefined) {
      if (known.parameters !== parameters) return [{ kind: 'rejected', code: 'IDEMPOTENCY_CONFLICT' }]
      return [{ kind: 'accepted', outcomes: known.outcomes, replayed: true, drawsLeft: this.#drawsLeft(person) }]
    }
    if (this.paused) return [{ kind: 'rejected', code: 'CAMPAIGN_PAUSED' }]
    const left = this.#drawsLeft(person)
    if (left !== null && count > left) return [{ kind: 'rejected', code: 'QUOTA_EXCEEDED' }]
    const rolls = Array.from({ length: count }, (_, ordinal) => roll(this.campaign.seed, this.campaign.id, user, key, ordinal))
    const plans = this.campaign.mechanic === 'FLASH_SALE' ? this.#knowledge().flatMap((gone) => [this.#buy(person, rolls, gone, false), this.#buy(person, rolls, gone, true)]) : [this.#play(person, rolls)]
    return plans.map((plan): Expected => {
      if ('code' in plan) return { kind: 'rejected', code: plan.code }
      if (this.campaign.requiresTickets && person.tickets < count) return { kind: 'rejected', code: 'NO_TICKETS' }
      const drawsLeft = left === null ? null : left - count
      return { kind: 'accepted', outcomes: plan.outcomes, replayed: false, drawsLeft, plan }
    })
  }

  /** One of the answers of `draw` was given. */
  carryOut({ user, key, count, device }: Asked, answer: Expected): void {
    if (answer.kind === 'rejected' || answer.plan === undefined) return
    const person = this.#person(user)
    this.#carryOut(person, answer.plan, count)
    person.answers.set(key, { parameters: `${count}/${device}`, outcomes: answer.outcomes })
  }

  /** Which of the prizes that are gone a process may know to be. */
  #knowledge(): number[][] {
    const gone = [...this.stock].filter(([, units]) => units === 0).map(([position]) => position)
    return gone.reduce<number[][]>((subsets, position) => [...subsets, ...subsets.map((known) => [...known, position])], [[]])
  }

  /** The balance, or null where the key was used for another amount. */
  grant(user: string, key: string, amount: number): number | null {
    const person = this.#person(user)
    const before = person.grants.get(key)
    if (before !== undefined && before !== amount) return null
    if (before === undefined) person.tickets += amount
    person.grants.set(key, amount)
    return person.tickets
  }

  /** False where fewer units are free. */
  adjust(position: number, delta: number): boolean {
    const left = (this.stock.get(position) ?? 0) + delta
    if (left < 0) return false
    this.stock.set(position, left)
    this.granted.set(position, (this.granted.get(position) ?? 0) + delta)
    return true
  }

  state(user: string): { drawsLeft: number | null; drawsLeftToday: number | null; tickets: number; wins: number } {
    const person = this.#person(user)
    const total = this.campaign.drawsPerUserTotal
    const all = [...person.winsOf.values()].reduce((sum, count) => sum + count, 0)
    const drawsLeft = total === null ? null : Math.max(0, total - person.draws)
    return { drawsLeft, drawsLeftToday: this.#drawsLeft(person), tickets: person.tickets, wins: all }
  }

  #person(user: string): Participant {
    const known = this.#people.get(user)
    if (known !== undefined) return known
    const person: Participant = { draws: 0, wins: 0, winsOf: new Map(), losses: 0, tickets: 0, answers: new Map(), grants: new Map() }
    this.#people.set(user, person)
    return person
  }

  #drawsLeft({ draws }: Participant): number | null {
    const limits = [this.campaign.drawsPerUserTotal, this.campaign.drawsPerUserDaily].filter((limit) => limit !== null)
    return limits.length === 0 ? null : Math.max(0, Math.min(...limits) - draws)
  }

  /** A lottery: what cannot be given becomes the fallback, or nothing. */
  #play(person: Participant, rolls: readonly number[]): Plan {
    const { prizes, guaranteeAfterLosses } = this.campaign
    const fallbacks = prizes.filter(({ isFallback }) => isFallback).sort((a, b) => a.fallbackOrder! - b.fallbackOrder!)
    const guarantee = guaranteeAfterLosses === null ? null : (prizes.find(({ isGuarantee }) => isGuarantee) ?? null)
    const takes: number[] = []
    let wins = 0
    let { losses } = person
    const count = (position: number) => takes.filter((taken) => taken === position).length
    const canGive = (prize: SnapshotPrize) => {
      const { position, winsPerUser, winsPerUserDaily } = prize
      const has = (person.winsOf.get(position) ?? 0) + count(position)
      if (has >= (winsPerUser ?? Infinity) || has >= (winsPerUserDaily ?? Infinity)) return false
      return count(position) < (this.stock.get(position) ?? 0) && this.#isAllowed([...takes, position])
    }
    const canWin = (prize: SnapshotPrize, n: number) => {
      const locked = prize.unlockAfterDraws !== null && person.draws + n + 1 < prize.unlockAfterDraws
      const limited = !prize.isFallback && this.campaign.winsPerUser !== null && person.wins + wins >= this.campaign.winsPerUser
      return !locked && !limited && canGive(prize)
    }
    const choose = (rolled: number, n: number): { given: SnapshotPrize; counts: boolean } | null => {
      const prize = candidate(prizes, rolled)
      if (prize !== null && canWin(prize, n)) return { given: prize, counts: !prize.isFallback }
      if (guarantee !== null && guarantee !== prize && losses >= guaranteeAfterLosses! && canWin(guarantee, n)) {
        return { given: guarantee, counts: true }
      }
      const fallback = prize === null ? undefined : fallbacks.find((one) => one !== prize && canGive(one))
      return fallback === undefined ? null : { given: fallback, counts: false }
    }
    const outcomes = rolls.map((rolled, n) => {
      const chosen = choose(rolled, n)
      if (chosen?.counts === true) wins += 1
      losses = chosen?.counts === true ? 0 : losses + 1
      if (chosen === null) return 0
      takes.push(chosen.given.position)
      return chosen.given.position
    })
    return { outcomes, takes, wins, losses }
  }

  /** Whether the budget pays for these as well, and the day has room for them; the day does not end. */
  #isAllowed(takes: readonly number[]): boolean {
    const prizes = takes.map((position) => this.campaign.prizes.find((prize) => prize.position === position)!)
    const cost = this.spent + prizes.reduce((sum, { value }) => sum + (value?.amountMinor ?? 0), 0)
    const { budget } = this.campaign
    if (budget !== null && (cost > (budget.totalMinor ?? Infinity) || cost > (budget.dailyMinor ?? Infinity))) return false
    return prizes.every(({ position, winsPerDay }) =>
      this.awarded.get(position)! + takes.filter((other) => other === position).length <= (winsPerDay ?? Infinity))
  }

  /** A flash sale: all of it or none; limits are told before tickets, and tickets before stock. */
  #buy(person: Participant, rolls: readonly number[], gone: readonly number[], knowsAllowances: boolean): Plan {
    const used = new Map<number, number>(gone.map((position) => [position, 0]))
    for (;;) {
      const chosen = firstComeCandidates(this.campaign.prizes, rolls, used)
      const locked = (prize: SnapshotPrize, n: number) => person.draws + n + 1 < (prize.unlockAfterDraws ?? 0)
      const outcomes = chosen.map((prize, n) => (prize === null || locked(prize, n) ? 0 : prize.position))
      const wanted = outcomes.filter((position) => position !== 0)
      const count = (position: number) => wanted.filter((other) => other === position).length
      if (wanted.length > 0 && person.wins + wanted.length > (this.campaign.winsPerUser ?? Infinity)) return { code: 'QUOTA_EXCEEDED' }
      for (const { position, winsPerUser, winsPerUserDaily } of this.campaign.prizes) {
        const has = person.winsOf.get(position) ?? 0
        if (count(position) > 0 && has + count(position) > Math.min(winsPerUser ?? Infinity, winsPerUserDaily ?? Infinity)) return { code: 'QUOTA_EXCEEDED' }
      }
      if (this.campaign.requiresTickets && person.tickets < rolls.length) return { code: 'NO_TICKETS' }
      const lacking = [...new Set(wanted)].filter((position) => count(position) > (this.stock.get(position) ?? 0))
      if ((lacking.length === 0 || knowsAllowances) && !this.#isAllowed(wanted)) return { code: 'SOLD_OUT' }
      if (lacking.length === 0) return { outcomes, takes: wanted, wins: wanted.length, losses: 0 }
      if (lacking.some((position) => used.has(position))) return { code: 'SOLD_OUT' }
      used.set(lacking[0]!, this.stock.get(lacking[0]!) ?? 0)
    }
  }

  #carryOut(person: Participant, { takes, wins, losses }: Exclude<Plan, { code: string }>, count: number): void {
    person.draws += count
    this.drawn += count
    person.wins += wins
    person.losses = losses
    if (this.campaign.requiresTickets) person.tickets -= count
    for (const position of takes) {
      this.spent += this.campaign.prizes.find((prize) => prize.position === position)!.value?.amountMinor ?? 0
      this.stock.set(position, this.stock.get(position)! - 1)
      this.awarded.set(position, this.awarded.get(position)! + 1)
      person.winsOf.set(position, (person.winsOf.get(position) ?? 0) + 1)
    }
  }
}
