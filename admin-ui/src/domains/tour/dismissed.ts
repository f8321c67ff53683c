import { useState } from 'react'

const key = (operatorId: string) => `drawbridge.tour.${operatorId}`

/** Whether this operator has seen enough of the tour, kept in the browser. */
export function useDismissed(operatorId: string): readonly [boolean, (dismissed: boolean) => void] {
  const [dismissed, setDismissed] = useState(() => localStorage.getItem(key(operatorId)) !== null)
  const set = (next: boolean) => {
    setDismissed(next)
    if (next) localStorage.setItem(key(operatorId), new Date().toISOString())
    else localStorage.removeItem(key(operatorId))
  }
  return [dismissed, set]
}
