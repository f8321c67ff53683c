import type { Server } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'

const HEAD_END = '\r\n\r\n'
const LENGTH = /^content-length: (\d+)/im

/** A kept-alive connection to a server of this process that passes no socket: to the server it is one like any other. */
export class InnerConnection {
  readonly #side: Duplex
  #received = ''
  #answered: ((head: string) => void) | undefined
  #failed: ((error: Error) => void) | undefined

  constructor(server: Server) {
    const [side, theirs] = duplexPair()
    this.#side = side.setEncoding('latin1')
    side.on('data', (text: string) => { this.#receive(text) })
    side.once('close', () => { this.#failed?.(new Error('The server has closed an inner connection')) })
    server.emit('connection', Object.assign(theirs, { remoteAddress: '127.0.0.1' }))
  }

  /** The status of the answer. One request at a time. */
  post(path: string, headers: Readonly<Record<string, string>>, body: string): Promise<number> {
    const lines = Object.entries({ host: 'localhost', 'content-type': 'application/json', ...headers, 'content-length': String(Buffer.byteLength(body)) })
      .map(([name, value]) => `${name}: ${value}`)
    return new Promise((resolve, reject) => {
      this.#answered = (head) => { resolve(Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length))) }
      this.#failed = reject
      this.#side.write([`POST ${path} HTTP/1.1`, ...lines, '', body].join('\r\n'))
    })
  }

  close(): void {
    this.#failed = undefined
    this.#side.destroy()
  }

  #receive(text: string): void {
    this.#received += text
    const headEnd = this.#received.indexOf(HEAD_END)
    if (headEnd < 0) return
    const head = this.#received.slice(0, headEnd)
    const end = headEnd + HEAD_END.length + Number(LENGTH.exec(head)?.[1] ?? 0)
    if (this.#received.length < end) return
    this.#received = this.#received.slice(end)
    this.#answered?.(head)
  }
}
