import { transform } from '@swc/core'
import { spawn, type ChildProcess } from 'node:child_process'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { choosePort } from '../../src/platform/embedded/ports.js'
import { isAlive } from '../../src/platform/embedded/processes.js'

const project = process.cwd()
const fixtures = join(project, 'test', 'embedded', 'fixtures')

/** A folder of its own for one test, removed with `remove`. */
export async function temporaryFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'drawbridge-embedded-'))
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) }
}

/** Polls until `probe` gives something; throws after `timeoutMs`. */
export async function eventually<T>(probe: () => Promise<T | undefined | false>, timeoutMs: number, what: string): Promise<T> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    const found = await probe()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`)
    await sleep(25)
  }
}

/**
 * The real supervisor, compiled, beside an app that only reports and serves /readyz. It lies under node_modules,
 * so that the supervisor finds its packages.
 */
export async function buildSupervisor(): Promise<{ script: string; remove(): Promise<void> }> {
  const base = join(project, 'node_modules', '.cache', 'drawbridge')
  await mkdir(base, { recursive: true })
  const folder = await mkdtemp(join(base, 'supervisor-'))
  const sources = ['supervisor.ts', 'demo/demo.types.ts', ...(await listTypeScript('config')), ...(await listTypeScript('platform/embedded'))]
  for (const source of sources) {
    const { code } = await transform(await readFile(join(project, 'src', source), 'utf8'), {
      jsc: { target: 'es2024', parser: { syntax: 'typescript', decorators: true } }, module: { type: 'es6' },
    })
    const target = join(folder, source.replace(/\.ts$/, '.js'))
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, code)
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await copyFile(join(fixtures, 'main.mjs'), join(folder, 'main.js'))
  await mkdir(join(folder, 'cli'))
  await copyFile(join(fixtures, 'migrate.mjs'), join(folder, 'cli', 'migrate.js'))
  return { script: join(folder, 'supervisor.js'), remove: () => rm(folder, { recursive: true, force: true }) }
}

async function listTypeScript(folder: string): Promise<string[]> {
  return (await readdir(join(project, 'src', folder))).filter((name) => name.endsWith('.ts')).map((name) => join(folder, name))
}

export interface Pids {
  app: number | null
  postgres: number | null
  redis: number | null
}

/** One `npm start` without its preparations: what it prints, how it ends, what it tells in demo.json. */
export class Start {
  output = ''
  readonly ended: Promise<number>
  readonly child: ChildProcess

  constructor(script: string, readonly dataDir: string, readonly port: number, env: Record<string, string> = {}) {
    const cleared = { DATABASE_URL: '', REDIS_URL: '', SECRET_KEY: '', DEMO: '', ROLE: '', METRICS_PORT: '', PUBLIC_URL: '', NODE_ENV: 'development' }
    this.child = spawn(process.execPath, [script], {
      env: { ...process.env, ...cleared, DATA_DIR: dataDir, PORT: String(port), ...env }, stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    })
    const keep = (chunk: Buffer) => { this.output += chunk.toString() }
    this.child.stdout?.on('data', keep)
    this.child.stderr?.on('data', keep)
    const exited = new Promise<number>((resolve) => { this.child.once('exit', (code) => { resolve(code ?? -1) }) })
    // Its last words may come after its end.
    const silent = [this.child.stdout, this.child.stderr].map((stream) => new Promise((resolve) => stream?.once('end', resolve)))
    this.ended = Promise.all([exited, ...silent]).then(([code]) => code)
  }

  static async fresh(script: string, dataDir: string, env: Record<string, string> = {}): Promise<Start> {
    return new Start(script, dataDir, await choosePort(undefined), env)
  }

  /** Resolves with the pids when every one of them lives and the app serves. */
  ready(timeoutMs = 120_000): Promise<Pids> {
    return eventually(async () => {
      if (this.child.exitCode !== null) throw new Error(`ended with ${this.child.exitCode}:\n${this.output}`)
      const serves = await fetch(`http://127.0.0.1:${this.port}/readyz`).then((response) => response.ok, () => false)
      const pids = serves ? await this.pids() : undefined
      return pids !== undefined && (await this.allAlive(pids)) ? pids : undefined
    }, timeoutMs, `ready; it said:\n${this.output}`)
  }

  async pids(): Promise<Pids | undefined> {
    const text = await readFile(join(this.dataDir, 'demo.json'), 'utf8').catch(() => undefined)
    return text === undefined ? undefined : (JSON.parse(text) as { pids: Pids }).pids
  }

  async stop(): Promise<number> {
    this.child.kill('SIGTERM')
    return await this.ended
  }

  private async allAlive(pids: Pids): Promise<boolean> {
    for (const pid of Object.values(pids) as Array<number | null>) {
      if (pid === null || !(await isAlive(pid))) return false
    }
    return true
  }
}
