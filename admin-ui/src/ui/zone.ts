import { useSyncExternalStore } from 'react'

const STORED = 'drawbridge.zone'
export const browserZone = Intl.DateTimeFormat().resolvedOptions().timeZone
const listeners = new Set<() => void>()

function isZone(zone: string | null): zone is string {
  if (zone === null) return false
  try {
    return Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

const stored = localStorage.getItem(STORED)
let zone = isZone(stored) ? stored : browserZone

/** The zone that times are shown in: the browser's, unless its reader chose another. */
export const useZone = (): string =>
  useSyncExternalStore((listener) => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }, () => zone)

export function setZone(chosen: string): void {
  zone = chosen
  localStorage.setItem(STORED, chosen)
  for (const listener of listeners) listener()
}
