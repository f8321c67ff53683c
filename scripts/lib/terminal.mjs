import { Complaint } from './files.mjs'

/**
 * Where lines for a person go. `quiet` writes to standard error, so that a command's own output stays clean.
 * @returns {{ say: (line: string) => void, progress: (what: string, seconds: number) => void }}
 */
export function terminal({ quiet = false } = {}) {
  const stream = quiet ? process.stderr : process.stdout
  let open = false
  const say = (line) => {
    stream.write(`${open ? '\r\x1b[K' : ''}${line}\n`)
    open = false
  }
  const progress = (what, seconds) => {
    if (stream.isTTY) {
      stream.write(`\r\x1b[K${what}: ${seconds} s`)
      open = true
    } else if (seconds % 15 === 0) say(`${what}: ${seconds} s`)
  }
  return { say, progress }
}

/** Runs a script's body; a Complaint is shown as its message alone, and any failure ends with exit code 1. */
export async function main(body) {
  try {
    process.exitCode = (await body()) ?? 0
  } catch (error) {
    console.error(error instanceof Complaint ? error.message : error)
    process.exitCode = 1
  }
}
