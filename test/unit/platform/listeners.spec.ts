import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, it } from '@jest/globals'
import { choosePort } from '../../../src/platform/embedded/ports.js'
import { listenOptions, listenWider, refuseTakenPort } from '../../../src/platform/http/listeners.js'

const HOST = '127.0.0.1'
const CALLERS = 200
const TURN_MS = 10
const undo: Array<() => void> = []
afterEach(() => { for (const step of undo.splice(0)) step() })

async function serve(port: number): Promise<{ accepted: () => number; close: () => void }> {
  const server = createServer((_request, response) => { response.end('hello') })
  let count = 0
  server.on('connection', () => { count++ })
  server.listen(listenOptions(port, HOST))
  await once(server, 'listening')
  const more = await listenWider(server, port, HOST)
  const close = () => {
    void more()
    server.close()
    server.closeAllConnections()
  }
  undo.push(close)
  return { accepted: () => count, close }
}

const onLinux = process.platform === 'linux' ? it : it.skip

onLinux('takes many connections for each turn of a busy loop', async () => {
  const port = await choosePort(undefined)
  const { accepted } = await serve(port)
  const sockets: Socket[] = Array.from({ length: CALLERS }, () => connect(port, HOST).on('error', () => undefined))
  undo.push(() => { for (const socket of sockets) socket.destroy() })
  let turns = 0
  for (; accepted() < CALLERS && turns < CALLERS; turns++) {
    const until = performance.now() + TURN_MS
    while (performance.now() < until) { /* as a draw would */ }
    await nextTurn()
  }
  expect(accepted()).toBe(CALLERS)
  // One a turn is what one listener takes.
  expect(turns).toBeLessThan(CALLERS / 4)
})

it('answers over every one of them, and none takes a connection after it is closed', async () => {
  const port = await choosePort(undefined)
  const { close } = await serve(port)
  const ask = () => fetch(`http://${HOST}:${port}/`, { headers: { connection: 'close' } }).then((response) => response.text())
  expect(new Set(await Promise.all(Array.from({ length: 100 }, ask)))).toEqual(new Set(['hello']))
  close()
  await expect(ask()).rejects.toThrow()
})

onLinux('refuses a port that is taken, by a program that shares it too', async () => {
  const port = await choosePort(undefined)
  await expect(refuseTakenPort(port, HOST)).resolves.toBeUndefined()
  await serve(port)
  await expect(refuseTakenPort(port, HOST)).rejects.toMatchObject({ code: 'EADDRINUSE' })
  const other = createTcpServer().listen(0, HOST)
  await once(other, 'listening')
  undo.push(() => other.close())
  await expect(refuseTakenPort((other.address() as { port: number }).port, HOST)).rejects.toMatchObject({ code: 'EADDRINUSE' })
})
