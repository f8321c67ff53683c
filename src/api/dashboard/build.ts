import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'

/** What a browser is sent of one file; the shorter encodings are there where they were made. */
export interface BuiltFile {
  readonly type: string
  readonly etag: string
  /** Its name holds a hash of its contents: whoever has it never needs to ask again. */
  readonly immutable: boolean
  readonly plain: Buffer
  readonly gzip: Buffer | null
  readonly brotli: Buffer | null
}

export interface DashboardBuild {
  /** The page of every screen, with NONCE where the answer's own belongs. */
  readonly index: string
  /** By path below /admin/. */
  readonly files: ReadonlyMap<string, BuiltFile>
  /** The operations of the dashboard, by `sha256:` and the hash of their text. */
  readonly documents: ReadonlyMap<string, string>
}

export const NONCE = '__CSP_NONCE__'

const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
}
const FILES_MAX = 1_000
const BYTES_MAX = 32 * 1024 * 1024

const readIfThere = (path: string): Buffer | null => (existsSync(path) ? readFileSync(path) : null)

/** Reads what `npm run build:ui` made, whole, so that nothing of a later build mixes with it. Null: it was not built. */
export function readBuild(folder: string): DashboardBuild | null {
  const index = readIfThere(join(folder, 'index.html'))
  const documents = readIfThere(join(folder, 'documents.json'))
  if (index === null || documents === null) return null
  const files = new Map<string, BuiltFile>()
  let bytes = 0
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  for (const name of names) {
    const type = TYPES[extname(name)]
    const path = join(folder, name)
    if (type === undefined || !statSync(path).isFile()) continue
    const plain = readFileSync(path)
    bytes += plain.length
    if (files.size >= FILES_MAX || bytes > BYTES_MAX) throw new Error(`${folder} holds more than a dashboard: remove it and build again`)
    const url = relative(folder, path).split(sep).join('/')
    files.set(url, {
      type, plain,
      etag: `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`,
      immutable: url.startsWith('assets/'),
      gzip: readIfThere(`${path}.gz`),
      brotli: readIfThere(`${path}.br`),
    })
  }
  return { index: index.toString('utf8'), files, documents: new Map(Object.entries(JSON.parse(documents.toString('utf8')) as Record<string, string>)) }
}
