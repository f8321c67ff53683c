import { randomBytes } from 'node:crypto'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { EmbeddedError, readIfThere, writePrivate } from './files.js'

/** What must outlast a restart: ports, passwords, and the key that seals secrets. The URLs' ports are empty until chosen. */
export interface Servers {
  readonly postgres: URL
  readonly redis: URL
  readonly secretKey: string
}

const secret = () => randomBytes(32).toString('base64url')
const file = (dataDir: string) => join(dataDir, 'servers.json')

/** Reads DATA_DIR/servers.json, or makes it. It is on disk before anything is made that cannot be opened without it. */
export async function readServers(dataDir: string): Promise<Servers> {
  const text = await readIfThere(file(dataDir))
  if (text !== undefined) return parse(text, file(dataDir))
  const hasData = await access(join(dataDir, 'postgres')).then(() => true, () => false)
  if (hasData) throw new EmbeddedError(`DATA_DIR: ${dataDir} holds a database, but servers.json with its password is missing. Restore that file, or name another DATA_DIR.`)
  const servers = {
    postgres: new URL(`postgresql://drawbridge:${secret()}@127.0.0.1/drawbridge`),
    redis: new URL(`redis://:${secret()}@127.0.0.1`),
    secretKey: secret(),
  }
  await writeServers(dataDir, servers)
  return servers
}

/** The names are those of the environment: commands run beside the server take them from here. */
export function writeServers(dataDir: string, servers: Servers): Promise<void> {
  const content = { DATABASE_URL: servers.postgres.href, REDIS_URL: servers.redis.href, SECRET_KEY: servers.secretKey }
  return writePrivate(file(dataDir), `${JSON.stringify(content, null, 2)}\n`)
}

function parse(text: string, path: string): Servers {
  try {
    const content: unknown = JSON.parse(text)
    if (typeof content !== 'object' || content === null) throw new Error('not an object')
    const { DATABASE_URL, REDIS_URL, SECRET_KEY } = content as Record<string, unknown>
    if (typeof SECRET_KEY !== 'string' || SECRET_KEY.length < 32) throw new Error('no SECRET_KEY')
    return { postgres: new URL(String(DATABASE_URL)), redis: new URL(String(REDIS_URL)), secretKey: SECRET_KEY }
  } catch {
    throw new EmbeddedError(`DATA_DIR: ${path} is damaged. Restore it, or name another DATA_DIR.`)
  }
}
