import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { EmbeddedError, isCode } from './files.js'

// Below the range from which systems take ports for outgoing connections: while a server is being restarted,
// nobody is handed its port by chance.
const PORT_MIN = 20_000
const PORT_MAX = 32_000
const ATTEMPTS_MAX = 200

/** Why a port cannot be listened on: the system's error code, or undefined when it can. */
export function portTrouble(port: number, host = '127.0.0.1'): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error) => { resolve('code' in error ? String(error.code) : error.message) })
    server.listen({ port, host, exclusive: true }, () => { server.close(() => { resolve(undefined) }) })
  })
}

/** `preferred` when it is free on the loopback interface, else another free port that is not in `taken`. */
export async function choosePort(preferred: number | undefined, taken: readonly number[] = []): Promise<number> {
  if (preferred !== undefined && (await portTrouble(preferred)) === undefined) return preferred
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const port = randomInt(PORT_MIN, PORT_MAX)
    if (!taken.includes(port) && (await portTrouble(port)) === undefined) return port
  }
  throw new EmbeddedError(`No free port between ${PORT_MIN} and ${PORT_MAX} on 127.0.0.1`)
}

export function isPortTaken(error: unknown): boolean {
  return isCode(error, 'EADDRINUSE')
}
