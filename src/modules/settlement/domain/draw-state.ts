import type { DrawState } from '../../draws/draws.types.js'

/** The life of a draw. A row is written as WINNING or LOSING (a durable win, before its settlement) or as SETTLED at once. */
export const DRAW_TRANSITIONS: Readonly<Record<DrawState, readonly DrawState[]>> = {
  PENDING: ['VALIDATING'],
  VALIDATING: ['WINNING', 'LOSING'],
  WINNING: ['SETTLED'],
  LOSING: ['SETTLED'],
  SETTLED: [],
}

const STATES = Object.keys(DRAW_TRANSITIONS) as DrawState[]

/** The states from which `to` may be written: what a version-checked UPDATE names. */
export const statesBefore = (to: DrawState): DrawState[] => STATES.filter((from) => DRAW_TRANSITIONS[from].includes(to))

/** Of a decided draw that is not settled yet. */
export const decidedState = (position: number): DrawState => (position > 0 ? 'WINNING' : 'LOSING')

/** Throws unless every state can be reached from PENDING, every state leads to SETTLED, and nothing leaves SETTLED. */
export function checkTransitions(transitions: Readonly<Record<DrawState, readonly DrawState[]>> = DRAW_TRANSITIONS): void {
  const reachable = (start: DrawState): Set<DrawState> => {
    const seen = new Set<DrawState>([start])
    for (const state of seen) for (const next of transitions[state]) seen.add(next)
    return seen
  }
  const fromStart = reachable('PENDING')
  for (const state of STATES) {
    if (!fromStart.has(state)) throw new Error(`Draw state ${state} cannot be reached`)
    if (!reachable(state).has('SETTLED')) throw new Error(`Draw state ${state} never settles`)
  }
  if (transitions.SETTLED.length > 0) throw new Error('A settled draw must stay settled')
}
