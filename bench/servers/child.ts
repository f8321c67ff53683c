import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Profile } from '../profile/samples.js'

const READY_MS_MAX = 60_000
const POLL_MS = 25
const PROBE = new URL('probe.mjs', import.meta.url).href
const HOOKS = new URL('../../test/support/typescript-hooks.mjs', import.meta.url).href

/** What a process has cost between two questions, by itself. */
export interface Probed {
  readonly cpuMicros: number
  readonly allocatedBytes: number
  readonly gcMs: number
  readonly gcPauseMaxMs: number
  readonly loopDelayP99Ms: number
  readonly loopDelayMaxMs: number
  readonly rssBytes: number
}

export interface ChildOptions {
  /** A file of dist/ as it is, or one of bench/ from its source. */
  readonly script: URL
  readonly args?: readonly string[]
  /** Node's. */
  readonly flags?: readonly string[]
  /** All that it sees of an environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Ready when this answers, and not with a failure of its own. */
  readonly readyUrl?: string
}

/** A process that is measured: production settings, and nothing of this process's environment. */
export class Child {
  #output = ''

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part: Buffer) => { this.#output = (this.#output + part.toString()).slice(-8_000) })
  }

  static async start({ script, args = [], flags = [], env = {}, readyUrl }: ChildOptions): Promise<Child> {
    const file = fileURLToPath(script)
    const imports = [PROBE, ...(file.endsWith('.ts') ? [HOOKS] : [])].flatMap((url) => ['--import', url])
    const child = new Child(spawn(process.execPath, [...flags, ...imports, file, ...args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'], env: { NODE_ENV: 'production', LOG_LEVEL: 'error', ...env },
    }))
    try {
      await child.#untilReady(readyUrl)
      return child
    } catch (error) {
      await child.stop()
      throw error
    }
  }

  /** Runs a process to its end, for the one `{ result }` that it sends. */
  static async ask<T>(options: ChildOptions): Promise<T> {
    const { child } = await Child.start(options)
    const answered = new Promise<T>((resolve) => { child.on('message', (message: { result?: T }) => { if (message.result !== undefined) resolve(message.result) }) })
    return Promise.race([answered, once(child, 'exit').then(() => { throw new Error('It ended without a result') })])
  }

  get pid(): number {
    return this.child.pid!
  }

  async begin(): Promise<void> {
    await this.#ask('begin')
  }

  async end(): Promise<Probed> {
    return (await this.#ask('end')) as Probed
  }

  /** Begins to note where its time goes. */
  async profile(): Promise<void> {
    await this.#ask('profile')
  }

  async profiled(): Promise<Profile> {
    return (await this.#ask('profiled')) as Profile
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return
    const ended = once(this.child, 'exit')
    this.child.kill('SIGTERM')
    await ended
  }

  async #ask(probe: 'begin' | 'end' | 'profile' | 'profiled'): Promise<unknown> {
    const answer = new Promise<unknown>((resolve, reject) => {
      const ended = () => { reject(new Error(`It ended while it was measured:\n${this.#output}`)) }
      const hear = (message: { probe?: unknown }) => {
        // The product has messages of its own.
        if (message.probe === undefined) return
        this.child.off('message', hear).off('exit', ended)
        resolve(message.probe)
      }
      this.child.on('message', hear).once('exit', ended)
    })
    this.child.send({ probe })
    return answer
  }

  async #untilReady(readyUrl: string | undefined): Promise<void> {
    for (const deadline = performance.now() + READY_MS_MAX; ; await sleep(POLL_MS)) {
      if (this.child.exitCode !== null) throw new Error(`It ended with ${this.child.exitCode} before it was ready:\n${this.#output}`)
      if (readyUrl === undefined || (await fetch(readyUrl).then(({ status }) => status < 500, () => false))) return
      if (performance.now() > deadline) throw new Error(`Not ready after ${READY_MS_MAX} ms:\n${this.#output}`)
    }
  }
}
