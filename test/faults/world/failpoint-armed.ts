import { existsSync, readFileSync, renameSync } from 'node:fs'
import type { Failpoint } from '../../../src/common/failpoint.js'

/** Names a file that says `<failpoint> <action>`: whoever comes there first takes it and does as it says, once. */
const ORDER = process.env.FAILPOINT_ORDER

/** In the place of src/common/failpoint.ts in builds for the fault suite. */
export function failpoint(name: Failpoint): void {
  if (ORDER === undefined || !existsSync(ORDER)) return
  const [wanted, action] = readFileSync(ORDER, 'utf8').split(' ')
  if (wanted !== name) return
  try {
    renameSync(ORDER, `${ORDER}.met`)
  } catch {
    return // another process was first
  }
  if (action === 'throw') throw new Error(`The failpoint ${name} was met`)
  process.kill(process.pid, action === 'stop' ? 'SIGSTOP' : 'SIGKILL')
  // The signal comes at once, but not before this line: nothing may happen behind the failpoint.
  if (action === 'kill') for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_000)
}
