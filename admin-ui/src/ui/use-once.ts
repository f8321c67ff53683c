import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { isApiError } from '../api/errors.js'

interface OnceOptions<V, T> {
  readonly send: (given: V, idempotencyKey: string) => Promise<T>
  readonly onDone: (answer: T) => unknown
  /** Whether the refusal was put beside a field; what was not is `problem`. */
  readonly place?: (error: unknown) => boolean
  /** While an answer is waited for, the form must not close: another one would send under another key. */
  readonly onBusy?: (busy: boolean) => void
}

export interface Once<V, T> {
  readonly send: (given: V) => void
  readonly isPending: boolean
  /** An answer was lost, or did not say: it may have been done. What is sent again must be the same. */
  readonly unknown: boolean
  readonly problem: unknown
  /** What the server said, once it was done. */
  readonly answer: T | undefined
}

const newKey = (): string => crypto.randomUUID()

/**
 * A change under an idempotency key that is made when its form opens: sent again after a lost answer, it is done once.
 * Another key takes its place when the server has looked the first one up and refused; a refusal that comes before that
 * (who is asking, how often) says nothing of what was sent earlier.
 */
export function useOnce<V, T>({ send, onDone, place = () => false, onBusy }: OnceOptions<V, T>): Once<V, T> {
  const [key, setKey] = useState(newKey)
  const [unknown, setUnknown] = useState(false)
  const [problem, setProblem] = useState<unknown>(null)
  const change = useMutation({
    mutationFn: (given: V) => send(given, key),
    onMutate: () => {
      setProblem(null)
      onBusy?.(true)
    },
    onSettled: () => { onBusy?.(false) },
    onSuccess: async (answer) => {
      setUnknown(false)
      await onDone(answer)
    },
    onError: (error) => {
      if (isApiError(error, 'BAD_USER_INPUT', 'CONFLICT', 'NOT_FOUND', 'APPROVAL_REQUIRED')) {
        setKey(newKey())
        setUnknown(false)
      } else if (!isApiError(error) || isApiError(error, 'NETWORK', 'INTERNAL', 'OVERLOADED')) {
        setUnknown(true)
      }
      setProblem(place(error) ? null : error)
    },
  })
  return { send: change.mutate, isPending: change.isPending, unknown, problem, answer: change.data }
}
