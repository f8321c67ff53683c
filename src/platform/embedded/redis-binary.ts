import { execFile } from 'node:child_process'
import { access, constants, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { childEnvironment } from '../../config/child-environment.js'
import { EmbeddedError } from './files.js'

const run = promisify(execFile)
const MAJOR_MIN = 7
const FETCH_TIMEOUT_MS = 120_000

export interface RedisBinary {
  readonly command: string
  /** What it needs in its environment beside ours. */
  readonly env: Record<string, string>
  readonly version: string
}

/** The server as it is when it can be run and is new enough; else undefined. */
async function usable(command: string, env: Record<string, string> = {}): Promise<RedisBinary | undefined> {
  const output = await run(command, ['--version'], { timeout: 10_000, env: { ...childEnvironment(), ...env } }).then(({ stdout }) => stdout, () => '')
  const version = /\bv=(\d+)(\.[\d.]+)/.exec(output)
  return version !== null && Number(version[1]) >= MAJOR_MIN ? { command, env, version: `${version[1]}${version[2]}` } : undefined
}

async function onPath(): Promise<RedisBinary | undefined> {
  const folders = [...(childEnvironment()['PATH'] ?? '').split(delimiter), '/usr/local/bin', '/usr/bin', '/opt/homebrew/bin']
  for (const name of ['redis-server', 'valkey-server']) {
    for (const folder of new Set(folders.filter((entry) => entry.startsWith('/')))) {
      const path = join(folder, name)
      const found = (await access(path, constants.X_OK).then(() => true, () => false)) ? await usable(path) : undefined
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** Where fetched servers are kept: the user's cache, so that a second clone finds them, else DATA_DIR. */
async function cacheFolder(dataDir: string): Promise<string> {
  for (const base of [join(homedir(), '.cache', 'drawbridge'), join(dataDir, 'cache')]) {
    const writable = await mkdir(base, { recursive: true }).then(() => access(base, constants.W_OK)).then(() => true, () => false)
    if (writable) return base
  }
  throw new EmbeddedError(`DATA_DIR: ${dataDir} cannot be written to`)
}

async function unpacked(folder: string): Promise<RedisBinary | undefined> {
  const libraries = await readdir(join(folder, 'usr', 'lib')).catch(() => [])
  const paths = ['usr/lib', ...libraries.map((name) => join('usr/lib', name))].map((name) => join(folder, name))
  return usable(join(folder, 'redis-server'), { LD_LIBRARY_PATH: paths.join(':') })
}

/** The distribution's packages whose RDB checker is the whole server; started under the server's name it is the server. */
const packages = [
  { names: ['redis-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'], binary: 'usr/bin/redis-check-rdb' },
  { names: ['valkey-tools', 'libjemalloc2', 'liblzf1', 'libatomic1'], binary: 'usr/bin/valkey-check-rdb' },
]

async function fetchWithApt(target: string): Promise<RedisBinary | undefined> {
  const work = await mkdtemp(`${target}.`)
  try {
    for (const folder of ['lists/partial', 'cache/archives/partial', 'debs', 'root']) await mkdir(join(work, folder), { recursive: true })
    // A package list of our own: the system's may be missing or out of date, and needs root to be renewed.
    const settings = [`Dir::State::lists=${work}/lists`, `Dir::Cache=${work}/cache`, 'APT::Sandbox::User=root', 'Acquire::Retries=2', 'Acquire::http::Timeout=20']
    const options = settings.flatMap((setting) => ['-o', setting])
    await run('apt-get', [...options, '-qq', 'update'], { timeout: FETCH_TIMEOUT_MS })
    for (const { names, binary } of packages) {
      const fetched = await run('apt-get', [...options, '-qq', 'download', ...names], { cwd: join(work, 'debs'), timeout: FETCH_TIMEOUT_MS }).then(() => true, () => false)
      if (!fetched) continue
      for (const file of await readdir(join(work, 'debs'))) await run('dpkg', ['-x', join(work, 'debs', file), join(work, 'root')], { timeout: 30_000 })
      await rm(join(work, 'root', 'redis-server'), { force: true })
      await symlink(binary, join(work, 'root', 'redis-server'))
      if ((await unpacked(join(work, 'root'))) === undefined) continue
      // Somebody else may have been quicker; his is as good.
      await rename(join(work, 'root'), target).catch(() => undefined)
      return await unpacked(target)
    }
    return undefined
  } catch {
    return undefined
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

async function distribution(): Promise<string | undefined> {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '')
  const value = (name: string) => new RegExp(`^${name}="?([\\w.-]+)"?$`, 'm').exec(text)?.[1]
  const apt = await access('/usr/bin/apt-get', constants.X_OK).then(() => true, () => false)
  return apt ? `${value('ID') ?? 'linux'}-${value('VERSION_ID') ?? 'rolling'}-${process.arch}` : undefined
}

const hint = () => (process.platform === 'darwin' ? 'brew install redis' : 'sudo apt-get install redis-server   (or your system\'s package of Redis or Valkey)')

/**
 * A Redis or Valkey server, version 7 or newer: on the PATH, fetched earlier, or fetched now from the
 * distribution's packages (no root needed) or with brew. Fails with the one line to run.
 */
export async function findRedis(dataDir: string, log: (line: string) => void): Promise<RedisBinary> {
  const installed = await onPath()
  if (installed !== undefined) return installed
  const system = await distribution()
  if (system !== undefined) {
    const target = join(await cacheFolder(dataDir), `redis-${system}`)
    const cached = await unpacked(target)
    if (cached !== undefined) return cached
    log('No Redis on this machine: fetching the distribution\'s (about 1 MB, once)')
    await rm(target, { recursive: true, force: true })
    const fetched = await fetchWithApt(target)
    if (fetched !== undefined) return fetched
  } else if (process.platform === 'darwin') {
    log('No Redis on this machine: brew install redis (once)')
    await run('brew', ['install', 'redis'], { timeout: 5 * FETCH_TIMEOUT_MS }).catch(() => undefined)
    const brewed = await onPath()
    if (brewed !== undefined) return brewed
  }
  throw new EmbeddedError(`No Redis or Valkey ${MAJOR_MIN} or newer was found, and none could be fetched. Run:\n  ${hint()}\nor set REDIS_URL to one of your own.`)
}
