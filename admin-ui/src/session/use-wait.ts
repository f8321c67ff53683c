import { useEffect, useState } from 'react'
import { isApiError } from '../api/errors.js'

const SECOND_MS = 1_000

/** Seconds until the server listens again to whoever has failed too often, counted down. */
export function useWait(error: unknown): number {
  const [left, setLeft] = useState(0)
  useEffect(() => {
    if (!isApiError(error, 'RATE_LIMITED')) return setLeft(0)
    const until = Date.now() + (error.details.retryAfterMs ?? SECOND_MS)
    const tick = () => { setLeft(Math.max(0, Math.ceil((until - Date.now()) / SECOND_MS))) }
    tick()
    const timer = setInterval(tick, SECOND_MS)
    return () => { clearInterval(timer) }
  }, [error])
  return left
}
