import { execFile } from 'node:child_process'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { isCode, readIfThere } from './files.js'

const run = promisify(execFile)
const POLL_MS = 20

/** Sends a signal; false when there is no such process (any more). */
export function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name)
  } catch (error) {
    if (isCode(error, 'ESRCH')) return false
    if (isCode(error, 'EPERM')) return true
    throw error
  }
}

/** Whether the process runs; one that is dead and only waits to be collected does not. */
export async function isAlive(pid: number): Promise<boolean> {
  if (!signal(pid, 0)) return false
  if (process.platform !== 'linux') return true
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat === undefined ? signal(pid, 0) : !/^[ZX]/.test(stat.slice(stat.lastIndexOf(')') + 2))
}

/** The command line of a process, arguments joined by spaces; empty when it is gone. */
export async function commandLine(pid: number): Promise<string> {
  if (process.platform === 'linux') {
    const raw = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    return raw.replaceAll('\0', ' ').trim()
  }
  if (process.platform === 'win32') return ''
  return run('ps', ['-o', 'command=', '-p', String(pid)], { timeout: 5_000 }).then(({ stdout }) => stdout.trim(), () => '')
}

/** True once the process is gone, false when it is still there after `timeoutMs`. */
export async function waitGone(pid: number, timeoutMs: number): Promise<boolean> {
  const deadline = performance.now() + timeoutMs
  while (await isAlive(pid)) {
    if (performance.now() >= deadline) return false
    await sleep(POLL_MS)
  }
  return true
}

/** Asks a process to end with each signal in turn, giving it the time that stands beside the signal. */
export async function endProcess(pid: number, steps: ReadonlyArray<readonly [NodeJS.Signals, number]>): Promise<void> {
  for (const [name, graceMs] of steps) {
    if (!signal(pid, name)) return
    if (await waitGone(pid, graceMs)) return
  }
}

/**
 * The live process that a pid file names, if it is the one meant: its command line holds every one of `marks`.
 * A pid is reused by the system after a crash, so the number alone proves nothing.
 */
export async function ownedPid(pidFile: string, marks: readonly string[]): Promise<number | undefined> {
  const pid = Number((await readIfThere(pidFile))?.split('\n')[0])
  if (!Number.isSafeInteger(pid) || pid <= 1 || !(await isAlive(pid))) return undefined
  const command = await commandLine(pid)
  return marks.every((mark) => command.includes(mark)) ? pid : undefined
}

/** Processes that work in exactly this folder (Linux only; elsewhere none are found). */
export async function processesIn(directory: string): Promise<number[]> {
  if (process.platform !== 'linux') return []
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => '')))
  return pids.filter((pid, index) => folders[index] === directory && pid !== process.pid)
}
