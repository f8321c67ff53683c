/** After so long without a hand on it, nobody is taken to sit before a page: what it asks by itself keeps no session awake. */
const UNATTENDED_MS = 60_000
const SIGNS = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

let touchedAt = performance.now()

// Modules are read by tests too, where there is no window.
if (typeof window !== 'undefined') {
  for (const sign of SIGNS) window.addEventListener(sign, () => { touchedAt = performance.now() }, { passive: true, capture: true })
}

export const isAttended = (): boolean => performance.now() - touchedAt < UNATTENDED_MS
