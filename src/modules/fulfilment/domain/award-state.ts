import type { AwardStatus } from '../fulfilment.types.js'

/** What can happen to an award. `issue`: from the desk, once more; `confirm`: an operator says that it has been delivered. */
export type AwardAction = 'begin' | 'deliver' | 'fail' | 'issue' | 'confirm' | 'revoke' | 'expire'

interface Rule { readonly from: readonly AwardStatus[]; readonly to: AwardStatus }
type Rules = Readonly<Record<AwardAction, Rule>>

const AWARD_STATUSES = ['GRANTED', 'FULFILLING', 'FULFILLED', 'FAILED', 'REVOKED', 'EXPIRED'] as const satisfies readonly AwardStatus[]

/**
 * The life of an award. Nothing leads from FULFILLED back to a delivery, and nothing leads out of REVOKED and EXPIRED,
 * whose unit has gone elsewhere.
 */
export const AWARD_RULES: Rules = {
  begin: { from: ['GRANTED'], to: 'FULFILLING' },
  deliver: { from: ['GRANTED', 'FULFILLING'], to: 'FULFILLED' },
  fail: { from: ['GRANTED', 'FULFILLING'], to: 'FAILED' },
  issue: { from: ['FAILED'], to: 'FULFILLING' },
  confirm: { from: ['GRANTED', 'FULFILLING', 'FAILED'], to: 'FULFILLED' },
  revoke: { from: ['GRANTED', 'FULFILLING', 'FULFILLED', 'FAILED'], to: 'REVOKED' },
  expire: { from: ['GRANTED', 'FULFILLING', 'FAILED'], to: 'EXPIRED' },
}

export const mayHappen = (action: AwardAction, status: AwardStatus): boolean => AWARD_RULES[action].from.includes(status)

/** Throws unless every status can be reached, every one that is not final can end well and be taken back, what ended stays so, and nothing delivered is delivered again. */
export function checkAwardRules(rules: Rules = AWARD_RULES): void {
  const next = (status: AwardStatus) => Object.values(rules).filter(({ from }) => from.includes(status)).map(({ to }) => to)
  const reachable = (start: AwardStatus): Set<AwardStatus> => {
    const seen = new Set<AwardStatus>([start])
    for (const status of seen) for (const after of next(status)) seen.add(after)
    return seen
  }
  const fromStart = reachable('GRANTED')
  for (const status of AWARD_STATUSES) {
    if (!fromStart.has(status)) throw new Error(`Award status ${status} cannot be reached`)
    if (status === 'REVOKED' || status === 'EXPIRED') {
      if (next(status).length > 0) throw new Error(`An award that is ${status} must stay so`)
    } else if (!next(status).includes('REVOKED')) throw new Error(`An award that is ${status} cannot be revoked`)
    else if (!reachable(status).has('FULFILLED')) throw new Error(`An award that is ${status} never reaches its owner`)
  }
  if (next('FULFILLED').some((status) => status !== 'REVOKED')) throw new Error('A delivered award must not be delivered again')
}
