import cluster from 'node:cluster'
import { once } from 'node:events'
import type { Server as HttpServer } from 'node:http'
import { createServer } from 'node:net'

/** Each takes one connection for each turn of the event loop. */
const LISTENERS = 32
/** Connections that are not yet taken wait, where the system lets so many, rather than try again a second later. */
const CONNECTIONS_WAITING_MAX = 8_192
/** Where a port may be listened on by several sockets, and the system spreads connections over them. */
const PLATFORMS: readonly NodeJS.Platform[] = ['linux', 'freebsd', 'sunos', 'aix']

const isWide = PLATFORMS.includes(process.platform)

export interface ListenOptions {
  readonly port: number
  readonly host: string
  readonly backlog: number
  /** Not by way of the cluster's first process: each of its processes listens for itself. */
  readonly exclusive?: boolean
  readonly reusePort?: boolean
}

/** What the first listener is to be told. */
export const listenOptions = (port: number, host: string): ListenOptions =>
  ({ port, host, backlog: CONNECTIONS_WAITING_MAX, ...(isWide ? { exclusive: true, reusePort: true } : {}) })

/**
 * Rejects with EADDRINUSE where the port is another program's. Sockets that share a port would not notice each other; processes of one
 * cluster are meant to share it.
 */
export async function refuseTakenPort(port: number, host: string): Promise<void> {
  if (!isWide || cluster.isWorker) return
  const probe = createServer()
  probe.listen({ port, host, exclusive: true })
  await once(probe, 'listening')
  probe.close()
  await once(probe, 'close')
}

/**
 * More listeners on the port of a server that listens already. libuv takes one connection per turn of the loop from each listening socket:
 * with one of them, a process whose turns take 10 ms takes 100 callers a second, and everybody comes in the same one.
 * Returns how to close them: nothing is taken any more from then on, and it resolves when what they have taken has gone.
 */
export async function listenWider(server: HttpServer, port: number, host: string): Promise<() => Promise<void>> {
  if (!isWide) return () => Promise.resolve()
  const more = Array.from({ length: LISTENERS - 1 }, () => {
    // As an HTTP server makes its own.
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => { server.emit('connection', socket) })
    // A connection that cannot be taken (no more descriptors) is tried again by the system.
    return listener.on('error', () => undefined).listen(listenOptions(port, host))
  })
  await Promise.all(more.map(async (listener) => {
    if (!listener.listening) await once(listener, 'listening')
  }))
  return async () => {
    await Promise.all(more.map((listener) => new Promise<void>((resolve) => { listener.close(() => { resolve() }) })))
  }
}
