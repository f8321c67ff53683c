import { useDebouncedCallback } from '@mantine/hooks'
import { useEffect, useRef, useState } from 'react'

const TYPING_MS = 300

/** The text without the spaces around it; undefined where nothing is left. */
const meant = (text: string): string | undefined => (text.trim() === '' ? undefined : text.trim())

/**
 * A filter that is typed: the box at once, the address when its writer pauses. Where somebody else than the keyboard changes
 * the address (a saved view, the way back), the box follows. `inAddress`: what the address has.
 */
export function useTypedText(inAddress: string | undefined, onPause: (text: string | undefined) => void) {
  const [text, setText] = useState(inAddress ?? '')
  const sent = useRef(inAddress)
  const send = useDebouncedCallback((typed: string) => {
    sent.current = meant(typed)
    onPause(sent.current)
  }, TYPING_MS)
  useEffect(() => {
    if (inAddress === sent.current) return
    sent.current = inAddress
    // What was being typed was for the address before.
    send.cancel()
    setText(inAddress ?? '')
  }, [inAddress, send])
  const type = (typed: string) => {
    setText(typed)
    send(typed)
  }
  return [text, type] as const
}
