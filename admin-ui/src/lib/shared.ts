import { useSyncExternalStore } from 'react'

/** A value that parts of the page share which know nothing of one another. */
export function shared<T>(initial: T) {
  let value = initial
  const listeners = new Set<() => void>()
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    return () => { listeners.delete(listener) }
  }
  const set = (next: T): void => {
    if (value === next) return
    value = next
    for (const listener of listeners) listener()
  }
  return { set, use: (): T => useSyncExternalStore(subscribe, () => value) }
}
