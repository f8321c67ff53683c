import { useRouter } from '@tanstack/react-router'
import { useEffect } from 'react'
import { NAVIGATION } from '../app/navigation.js'
import { useMe } from '../session/session.js'

const SECOND_KEY_MS = 1_000
const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))

/** `g` and a letter go to a screen; `?` shows all of them; `/` goes to the screen's search. */
export function useGoKeys(onHelp: () => void): void {
  const router = useRouter()
  const { permissions } = useMe()
  useEffect(() => {
    let goUntil = 0
    const listen = (event: KeyboardEvent) => {
      if (event.metaKey || event.ctrlKey || event.altKey || isTyping(event.target) || document.querySelector('[role="dialog"]') !== null) return
      const going = performance.now() < goUntil
      goUntil = 0
      const item = going ? NAVIGATION.flatMap(({ items }) => [...items]).find(({ key }) => key === event.key) : undefined
      if (item !== undefined && permissions.includes(item.permission)) void router.navigate({ to: item.to })
      else if (event.key === 'g') goUntil = performance.now() + SECOND_KEY_MS
      else if (event.key === '?') onHelp()
      else if (event.key === '/') document.querySelector<HTMLElement>('[data-search]')?.focus()
      else return
      event.preventDefault()
    }
    window.addEventListener('keydown', listen)
    return () => { window.removeEventListener('keydown', listen) }
  }, [router, permissions, onHelp])
}
