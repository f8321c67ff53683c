import type { TypedDocumentNode } from '@graphql-typed-document-node/core'
import { type Client, createClient } from 'graphql-ws/client'
import { MeDocument } from '../generated/graphql.js'
import { idOf, run } from './client.js'
import { type AnswerError, ApiError, isApiError, refusalOf } from './errors.js'

const PATH = '/admin/graphql'
const RETRY_MS = { first: 500, last: 8_000 }
/** A network that is gone says nothing: whoever does not answer this is taken for gone. */
const ASK_MS = 4_000
const ANSWER_MS = 3_000
/** From one screen with live figures to the next, it stays open. */
const IDLE_MS = 2_000
/** The session has ended, or its operator has another role by now, or is not allowed this. */
const FORBIDDEN = 4403
/** Who is closed twice within so long is not allowed this. */
const AGAIN_MS = 5_000

export interface Watcher<T> {
  next(data: T): void
  /** It will be told no more. UNAUTHENTICATED: the session is over. */
  failed(error: ApiError): void
  /** The connection is gone, and is being sought; what has been told stays, and all of it is told again. */
  lost(): void
}

let client: Client | undefined

/** Runs one of the dashboard's subscriptions, until the function that it returns is called. All of a page share one connection. */
export function watch<TData, TVariables extends Record<string, unknown>>(
  document: TypedDocumentNode<TData, TVariables>, variables: TVariables, watcher: Watcher<TData>,
): () => void {
  client ??= connect()
  const unlisten = client.on('closed', () => { watcher.lost() })
  let end = () => undefined as void
  let isOver = false
  let closedAt = -Infinity
  const begin = () => {
    end = client!.subscribe<TData>({ query: '', variables, extensions: { documentId: idOf(document) } }, {
      next: ({ data, errors }) => {
        const refused = (errors as readonly AnswerError[] | undefined)?.[0]
        if (refused !== undefined) watcher.failed(refusalOf(refused))
        else if (data != null) watcher.next(data)
      },
      error: (reason) => {
        if (codeOf(reason) === FORBIDDEN) void closed()
        else watcher.failed(troubleOf(reason))
      },
      complete: () => undefined,
    })
  }
  /** Whether the session is over, the session says: a socket is closed as well where its operator may something else from now on. */
  const closed = async () => {
    const trouble = await run(MeDocument, {}).then(() => null, (error: unknown) => error)
    if (isOver) return
    const isAgain = performance.now() - closedAt < AGAIN_MS
    if (trouble !== null) watcher.failed(isApiError(trouble) ? trouble : troubleOf(trouble))
    else if (isAgain) watcher.failed(new ApiError('FORBIDDEN', 'The connection was refused'))
    else {
      closedAt = performance.now()
      watcher.lost()
      begin()
    }
  }
  begin()
  return () => {
    isOver = true
    unlisten()
    end()
  }
}

function connect(): Client {
  let silent: ReturnType<typeof setTimeout> | undefined
  const made = createClient({
    url: () => `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${PATH}`,
    lazyCloseTimeout: IDLE_MS,
    keepAlive: ASK_MS,
    connectionAckWaitTimeout: ASK_MS,
    retryAttempts: Infinity,
    // A network that is away is an error before it is a close.
    shouldRetry: (reason) => codeOf(reason) !== FORBIDDEN,
    retryWait: pause,
    on: {
      ping: (received) => { if (!received) silent = setTimeout(() => { made.terminate() }, ANSWER_MS) },
      pong: (received) => { if (received) clearTimeout(silent) },
      closed: () => { clearTimeout(silent) },
    },
  })
  window.addEventListener('offline', () => { made.terminate() })
  return made
}

/** Longer each time, and over as soon as the browser has a network again. */
function pause(retries: number): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer)
      window.removeEventListener('online', go)
      resolve()
    }
    const ms = Math.min(RETRY_MS.last, RETRY_MS.first * 2 ** retries)
    const timer = navigator.onLine ? setTimeout(go, ms / 2 + Math.random() * (ms / 2)) : undefined
    window.addEventListener('online', go)
  })
}

const codeOf = (reason: unknown): unknown => (typeof reason === 'object' && reason !== null && 'code' in reason ? reason.code : undefined)

function troubleOf(reason: unknown): ApiError {
  if (Array.isArray(reason)) return refusalOf(reason[0] as AnswerError)
  return new ApiError('NETWORK', 'The connection was closed')
}
