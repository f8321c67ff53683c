import { BrokenCircuitError, CircuitState, type CircuitBreakerPolicy } from 'cockatiel'

/**
 * Through the breaker, or BrokenCircuitError at once, also while one call finds out whether the other side is back: the breaker
 * itself would have the others wait for that one.
 */
export function guarded<T>(breaker: CircuitBreakerPolicy, work: () => Promise<T>): Promise<T> {
  if (breaker.state === CircuitState.HalfOpen) return Promise.reject(new BrokenCircuitError())
  return breaker.execute(work)
}
