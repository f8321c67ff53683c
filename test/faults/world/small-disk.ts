import { execFile } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A small disk at that folder, until the returned function is called. */
export async function mountDisk(folder: string, bytes: number): Promise<() => Promise<unknown>> {
  await mkdir(folder, { mode: 0o711 })
  await run('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0711`, 'tmpfs', folder])
  return () => run('umount', ['--lazy', folder])
}
