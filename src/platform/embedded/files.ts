import { randomUUID } from 'node:crypto'
import { open, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/** A failure to explain to the person who started the product; its message is complete, no stack is needed. */
export class EmbeddedError extends Error {
  override readonly name = 'EmbeddedError'
}

/**
 * Writes a file for its owner alone (0600): durable, and whole or not at all for every reader. Root leaves it to
 * the folder's owner, so that an ordinary user's DATA_DIR stays his when root starts the product on it once.
 */
export async function writePrivate(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}.tmp`
  try {
    const file = await open(draft, 'wx', 0o600)
    try {
      await file.writeFile(text)
      if (process.getuid?.() === 0) {
        const folder = await stat(dirname(path))
        await file.chown(folder.uid, folder.gid)
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** The file's text, or undefined where there is no such file. */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Whether the error bears one of the codes. Asked of its shape: an error of another realm is no instance of our Error. */
export function isCode(error: unknown, ...codes: string[]): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string' && codes.includes(error.code)
}

/** What an error says, whatever it is. */
export function wordsOf(error: unknown): string {
  const message = typeof error === 'object' && error !== null && 'message' in error ? error.message : undefined
  return typeof message === 'string' && message !== '' ? message : 'unknown reason'
}

const TAIL_BYTES = 8_192

/** The last lines of a log, for an error message. Empty where it cannot be read. */
export async function tailOf(path: string, lines: number): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const { buffer, bytesRead } = await file.read(Buffer.alloc(TAIL_BYTES), 0, TAIL_BYTES, Math.max(0, size - TAIL_BYTES))
      return buffer.subarray(0, bytesRead).toString('utf8').trimEnd().split('\n').slice(-lines).join('\n')
    } finally {
      await file.close()
    }
  } catch {
    return ''
  }
}
