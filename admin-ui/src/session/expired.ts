import { useSyncExternalStore } from 'react'

let expired = false
const listeners = new Set<() => void>()

/** Whether the server has said that the session is over while a screen is open. The screen stays as it is until it is opened again. */
export const setExpired = (value: boolean): void => {
  if (expired === value) return
  expired = value
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void) => {
  listeners.add(listener)
  return () => { listeners.delete(listener) }
}

export const useExpired = (): boolean => useSyncExternalStore(subscribe, () => expired)
