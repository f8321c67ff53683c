import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** A failure whose message is meant for the person at the terminal; no stack is shown. */
export class Complaint extends Error {}

function* filesUnder(path, skip) {
  if (!existsSync(path) || skip.includes(relative(root, path))) return
  if (!statSync(path).isDirectory()) {
    yield path
    return
  }
  for (const name of readdirSync(path).sort()) yield* filesUnder(join(path, name), skip)
}

/** sha256 over names and contents of everything under `paths` (relative to the project), in a fixed order. */
export function hashOf(paths, { skip = [], salt = '' } = {}) {
  const hash = createHash('sha256').update(salt)
  for (const path of paths) {
    for (const file of filesUnder(join(root, path), skip)) hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0')
  }
  return hash.digest('hex')
}

export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined
  }
}

/** Whole or not at all: a reader never sees half a file. */
export function writeWhole(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  const draft = `${path}.${process.pid}.tmp`
  writeFileSync(draft, text)
  renameSync(draft, path)
}
