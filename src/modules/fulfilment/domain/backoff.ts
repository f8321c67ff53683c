/** The first try and its retries. */
export const attemptsMax = (retryMs: readonly number[]): number => retryMs.length + 1

/** How long after the failure of `attempt` (from 1 on) the next is due, in ms; null where it was the last. */
export const retryAfterMs = (retryMs: readonly number[], attempt: number): number | null => retryMs[attempt - 1] ?? null
