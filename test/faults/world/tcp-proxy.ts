import { connect, createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

interface Pair { readonly client: Socket; readonly server: Socket; muted: boolean }
/** What is on its way to one end: a network that is slow keeps the order. */
interface Way { readonly to: Socket; readonly waiting: Array<{ data: Buffer; atMs: number }> }

/** Between the product and one of its servers: passes everything on, until it is told to be a bad network. */
export class TcpProxy {
  readonly #pairs = new Set<Pair>()
  #delayMs = 0
  #refusing = false
  #silent = false
  #swallow: { readonly request: RegExp; times: number } | undefined
  /** Replies that were dropped since `dropReplyTo` was last called. */
  dropped = 0

  private constructor(private readonly listener: Server, private targetPort: number) {}

  static async open(targetPort: number): Promise<TcpProxy> {
    const listener = createServer({ noDelay: true })
    const proxy = new TcpProxy(listener, targetPort)
    listener.on('connection', (client) => { proxy.#accept(client) })
    listener.listen(0, '127.0.0.1')
    await once(listener, 'listening')
    return proxy
  }

  get port(): number {
    const address = this.listener.address()
    if (address === null || typeof address === 'string') throw new Error('The proxy is closed')
    return address.port
  }

  /** The same address, by way of this network. */
  through(url: string | URL): string {
    const other = new URL(url)
    other.hostname = '127.0.0.1'
    other.port = String(this.port)
    return other.href
  }

  /** New connections lead to another server; those that stand stay with the old one until they are broken. */
  retarget(port: number): void {
    this.targetPort = port
  }

  /** Each way, for what is sent from now on. */
  delay(ms: number): void {
    this.#delayMs = ms
  }

  /** Breaks every connection. */
  reset(): void {
    for (const { client, server } of this.#pairs) {
      reset(client)
      server.destroy()
    }
  }

  /** New connections are reset until `heal`. */
  refuse(): void {
    this.#refusing = true
    this.reset()
  }

  /** Half-open: connections stay and are accepted, and nothing comes through, either way, until `heal`. */
  silence(): void {
    this.#silent = true
  }

  /** The next requests that match reach the server; its answer is lost with the connection. */
  dropReplyTo(request: RegExp, times = 1): void {
    this.#swallow = { request, times }
    this.dropped = 0
  }

  /** A good network again. What was silent is broken: nobody delivers what was lost. */
  heal(): void {
    this.#delayMs = 0
    this.#refusing = false
    this.#swallow = undefined
    if (this.#silent) this.reset()
    this.#silent = false
  }

  async close(): Promise<void> {
    this.reset()
    this.listener.close()
    await once(this.listener, 'close')
  }

  #accept(client: Socket): void {
    if (this.#refusing) {
      client.on('error', () => undefined)
      reset(client)
      return
    }
    const server = connect({ port: this.targetPort, host: '127.0.0.1', noDelay: true })
    const pair: Pair = { client, server, muted: false }
    this.#pairs.add(pair)
    const end = () => {
      this.#pairs.delete(pair)
      client.destroy()
      server.destroy()
    }
    for (const socket of [client, server]) {
      socket.on('error', end)
      socket.on('close', end)
    }
    const up: Way = { to: server, waiting: [] }
    const down: Way = { to: client, waiting: [] }
    client.on('data', (data) => {
      if (this.#silent) return
      const swallow = this.#swallow
      if (swallow !== undefined && swallow.times > 0 && swallow.request.test(data.toString('latin1'))) {
        swallow.times--
        pair.muted = true
      }
      this.#pass(data, up)
    })
    server.on('data', (data) => {
      if (this.#silent) return
      if (pair.muted) {
        this.dropped++
        reset(client)
        server.destroy()
      } else this.#pass(data, down)
    })
  }

  #pass(data: Buffer, way: Way): void {
    if (this.#delayMs === 0 && way.waiting.length === 0) {
      way.to.write(data)
      return
    }
    way.waiting.push({ data, atMs: performance.now() + this.#delayMs })
    if (way.waiting.length === 1) this.#deliver(way)
  }

  #deliver(way: Way): void {
    const next = way.waiting[0]
    if (next === undefined) return
    setTimeout(() => {
      way.waiting.shift()
      if (!way.to.destroyed) way.to.write(next.data)
      this.#deliver(way)
    }, Math.max(0, next.atMs - performance.now()))
  }
}

/** A socket that is being shut down cannot be reset: Node would take it for closing ever after, and wait for it when the process ends. */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
