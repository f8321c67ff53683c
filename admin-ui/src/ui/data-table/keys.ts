import type { KeyboardEvent } from 'react'

const STEP: Readonly<Record<string, number>> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }

/** Arrows, or j and k, go from the control of one row to that of the next. */
export function moveBetweenRows(event: KeyboardEvent<HTMLElement>): void {
  const step = STEP[event.key]
  if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return
  const controls = [...event.currentTarget.querySelectorAll<HTMLElement>('[data-row]')]
  const row = (event.target as HTMLElement).closest('tr')
  const at = controls.findIndex((control) => row?.contains(control) === true)
  const next = controls[at + step]
  if (next === undefined) return
  event.preventDefault()
  next.focus()
}
