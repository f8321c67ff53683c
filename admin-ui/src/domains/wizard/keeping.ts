import type { Values } from './values.js'

/** Grows when the forms' values change their shape: what an older page kept is then of no use. */
const SHAPE = 1
const nameOf = (id: string) => `drawbridge.wizard.${id}`

/** What was typed and not saved, with what it was typed over. */
export interface Kept<T = Values> { readonly version: number; readonly base: T; readonly values: T }

/** For as long as the tab is open: another tab has another draft. */
export function keep<T>(id: string, kept: Kept<T>): void {
  try {
    sessionStorage.setItem(nameOf(id), JSON.stringify({ shape: SHAPE, ...kept }))
  } catch {
    // The browser's room is full, or closed to us: the guard still asks before anything is lost.
  }
}

export const forget = (id: string): void => { sessionStorage.removeItem(nameOf(id)) }

export function kept<T>(id: string): Kept<T> | null {
  try {
    const found: unknown = JSON.parse(sessionStorage.getItem(nameOf(id)) ?? 'null')
    return typeof found === 'object' && found !== null && 'shape' in found && found.shape === SHAPE ? (found as unknown as Kept<T>) : null
  } catch {
    return null
  }
}
