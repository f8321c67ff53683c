import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { EmbeddedError } from './files.js'

const run = promisify(execFile)
const USER = 'drawbridge'

/** Whom a server runs as when we are root: Postgres refuses root, and Redis needs none of its powers. */
export interface Identity {
  readonly uid: number
  readonly gid: number
}

export interface Invocation {
  readonly command: string
  readonly args: readonly string[]
  readonly uid?: number
  readonly gid?: number
}

async function lookUp(name: string): Promise<Identity | undefined> {
  const numbers = await Promise.all(['-u', '-g'].map((what) => run('id', [what, name], { timeout: 5_000 }).then(({ stdout }) => Number(stdout), () => undefined)))
  const [uid, gid] = numbers
  return uid === undefined || gid === undefined ? undefined : { uid, gid }
}

/**
 * Undefined when we are an ordinary user already. As root: the owner of the data that is there, so that a folder
 * begun by an ordinary user goes on as his; else a system user of our own, made on first need.
 */
export async function serverIdentity(existing: string): Promise<Identity | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = await stat(existing).catch(() => undefined)
  if (owner !== undefined && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid }
  const known = await lookUp(USER)
  if (known !== undefined) return known
  await run('useradd', ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin', USER], { timeout: 10_000 }).catch(() => undefined)
  const made = (await lookUp(USER)) ?? (await lookUp('postgres'))
  if (made !== undefined) return made
  throw new EmbeddedError(`Postgres does not run as root, and no user for it could be made. Run: useradd --system ${USER} — or start as an ordinary user.`)
}

async function unreachable(identity: Identity, path: string): Promise<string | undefined> {
  for (let folder = path; folder !== dirname(folder); folder = dirname(folder)) {
    const entry = await stat(folder)
    const bit = entry.uid === identity.uid ? 0o100 : entry.gid === identity.gid ? 0o010 : 0o001
    if (entry.isDirectory() && (entry.mode & bit) === 0) return folder
  }
  return undefined
}

const CAPABILITIES = [['dac_read_search', 2n], ['dac_override', 1n]] as const

/** A capability of ours that lets its holder enter folders which are closed to him. */
async function entryCapability(): Promise<string | undefined> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '')
  const held = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return CAPABILITIES.find(([, bit]) => (held & (1n << bit)) !== 0n)?.[0]
}

const hasSetpriv = () => run('setpriv', ['--version'], { timeout: 5_000 }).then(() => true, () => false)

/**
 * How to start a server as `identity`. On Linux `setpriv` also has the kernel stop the server (`parentDeathSignal`)
 * when this process is killed, and opens the way where root keeps the project in a folder closed to others
 * (/root, a private temporary folder): then the server may enter folders, and nothing else of root's.
 * @param needs paths that the server must be able to reach
 */
export async function invocation(
  identity: Identity | undefined, needs: readonly string[], parentDeathSignal: 'INT' | 'TERM' | undefined, command: string, args: readonly string[],
): Promise<Invocation> {
  const setpriv = process.platform === 'linux' && (await hasSetpriv())
  const onDeath = parentDeathSignal === undefined ? [] : ['--pdeathsig', parentDeathSignal]
  if (identity === undefined) return setpriv && onDeath.length > 0 ? { command: 'setpriv', args: [...onDeath, '--', command, ...args] } : { command, args }
  const closed = (await Promise.all(needs.map((path) => unreachable(identity, path)))).find((folder) => folder !== undefined)
  if (closed === undefined && !setpriv) return { command, args, ...identity }
  const capability = closed === undefined ? undefined : await entryCapability()
  if (closed !== undefined && (capability === undefined || !setpriv)) {
    throw new EmbeddedError(`The servers do not run as root, and their user cannot enter ${closed}. Run: chmod o+x ${closed} — or start as an ordinary user.`)
  }
  // Without the bit, access(2) disregards the capability, and Postgres asks it about its own program.
  const caps = capability === undefined
    ? ['--inh-caps=-all']
    : ['--securebits', '+no_setuid_fixup', `--inh-caps=-all,+${capability}`, `--ambient-caps=-all,+${capability}`]
  const who = ['--reuid', String(identity.uid), '--regid', String(identity.gid), '--clear-groups']
  return { command: 'setpriv', args: [...who, ...caps, ...onDeath, '--', command, ...args] }
}
