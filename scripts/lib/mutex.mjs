import { createHash } from 'node:crypto'
import { createConnection, createServer } from 'node:net'
import { rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root } from './files.mjs'

// A listening socket is a lock that the kernel takes back when its owner dies, however it dies. On Linux the name
// is abstract (no file is left behind); elsewhere a dead owner's file is recognised by refusing connections.
const key = createHash('sha256').update(root).digest('hex').slice(0, 24)
const address =
  process.platform === 'linux' ? `\0drawbridge-prepare-${key}`
  : process.platform === 'win32' ? `\\\\.\\pipe\\drawbridge-prepare-${key}`
  : join(tmpdir(), `drawbridge-prepare-${key}.sock`)

function listen() {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy())
    server.once('error', (error) => (error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error)))
    server.listen(address, () => resolve(server.unref()))
  })
}

function answers() {
  return new Promise((resolve) => {
    const socket = createConnection(address)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false)).once('close', () => socket.destroy())
  })
}

/** Runs `work` while no other process prepares the same clone; `onWait` is called once if it must wait. */
export async function exclusively(work, onWait) {
  let server = await listen()
  for (let waited = 0; server === undefined; waited += 1) {
    if (waited === 0) onWait()
    if (!address.startsWith('\0') && process.platform !== 'win32' && !(await answers())) rmSync(address, { force: true })
    await sleep(200)
    server = await listen()
  }
  try {
    return await work()
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
}
