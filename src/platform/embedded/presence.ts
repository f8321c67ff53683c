import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readIfThere, writePrivate } from './files.js'
import { tryLock, type Lock } from './lock.js'
import { commandLine, isAlive, signal } from './processes.js'

const POLL_MS = 100

/** Who runs the product in a DATA_DIR, for others that come to it. */
export interface Presence {
  readonly pid: number
  readonly port: number
  /** Why it is going down, once it is. */
  readonly stopping: 'asked' | 'abandoned' | null
}

const file = (dataDir: string) => join(dataDir, 'supervisor.json')

export const lockSupervisor = (dataDir: string): Lock | undefined => tryLock(join(dataDir, 'supervisor.lock'))

export const announce = (dataDir: string, presence: Presence): Promise<void> => writePrivate(file(dataDir), `${JSON.stringify(presence)}\n`)

async function readPresence(dataDir: string): Promise<Presence | undefined> {
  try {
    const { pid, port, stopping } = JSON.parse((await readIfThere(file(dataDir))) ?? '') as Presence
    return { pid, port, stopping }
  } catch {
    return undefined
  }
}

/** The supervisor that runs here. Undefined when none shows itself: it has just begun, or just ended. */
export async function livePresence(dataDir: string): Promise<Presence | undefined> {
  const presence = await readPresence(dataDir)
  return presence !== undefined && (await isAlive(presence.pid)) && (await commandLine(presence.pid)).includes('supervisor') ? presence : undefined
}

/**
 * Stays with a supervisor until it is gone, or until `wish` says to leave. When `wish` says stop, it is asked to, once.
 * @returns 'over' when somebody asked it to stop, or we left; 'lost' when it was killed or abandoned and may be replaced
 */
export async function stayWith(dataDir: string, presence: Presence, wish: () => 'stay' | 'stop' | 'leave'): Promise<'over' | 'lost'> {
  let last = presence
  let asked = false
  while (await isAlive(presence.pid)) {
    const now = wish()
    if (now === 'leave') return 'over'
    if (now === 'stop' && !asked) {
      asked = true
      signal(presence.pid, 'SIGTERM')
    }
    await sleep(POLL_MS)
    const seen = await readPresence(dataDir)
    if (seen?.pid === presence.pid) last = seen
  }
  return asked || last.stopping === 'asked' ? 'over' : 'lost'
}
