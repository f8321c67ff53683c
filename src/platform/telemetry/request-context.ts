import { AsyncLocalStorage } from 'node:async_hooks'

/** What a log line or a stream entry must know about the request that caused it. */
export interface RequestTrace {
  readonly requestId: string
  /** The caller's W3C traceparent, valid, or null. */
  readonly traceParent: string | null
}

const storage = new AsyncLocalStorage<RequestTrace>()

export const runWithRequest = <T>(request: RequestTrace, fn: () => T): T => storage.run(request, fn)
export const currentRequest = (): RequestTrace | undefined => storage.getStore()
