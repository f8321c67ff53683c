import { useState } from 'react'
import { isApiError } from '../api/errors.js'

/** Whether somebody else was first: what is there is not what the caller said that it had seen. */
export const isMoved = (error: unknown, field = 'expected'): boolean => isApiError(error, 'CONFLICT') && error.details.field === field

/**
 * What somebody else made of it, while it is to be chosen between the two. `meet` reads it; where it cannot be read, or is there no more,
 * `failed` is told why.
 */
export function useTheirs<T>(read: () => Promise<T | undefined>, failed: (error: unknown) => void) {
  const [theirs, setTheirs] = useState<T | null>(null)
  const meet = async (refusal: unknown): Promise<void> => {
    try {
      const now = await read()
      if (now === undefined) failed(refusal)
      else setTheirs(now)
    } catch (error) {
      failed(error)
    }
  }
  return { theirs, meet, forget: () => { setTheirs(null) } }
}
