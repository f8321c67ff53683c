import { spawn } from 'node:child_process'
import { closeSync, openSync, statSync, truncateSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { EmbeddedError, wordsOf } from './files.js'
import type { Invocation } from './identity.js'

const LOG_BYTES_MAX = 32 * 1024 * 1024

/** A child that runs, and the promise of how it ended. */
export interface Running {
  readonly pid: number
  readonly ended: Promise<string>
  hasEnded(): boolean
}

export interface LaunchOptions {
  readonly logFile: string
  readonly cwd: string
  readonly env: Record<string, string>
  /** Opens a channel to the child, over which it can report. */
  readonly onMessage?: (message: unknown) => void
}

/**
 * Starts a server in a process group of its own, so that a signal to ours does not reach it. Its output goes to
 * a file that it holds itself, and that begins anew when it has grown too large.
 */
export function launch(how: Invocation, options: LaunchOptions): Promise<Running> {
  const size = statSync(options.logFile, { throwIfNoEntry: false })?.size ?? 0
  if (size > LOG_BYTES_MAX) truncateSync(options.logFile)
  const output = openSync(options.logFile, 'a', 0o600)
  return new Promise((resolve, reject) => {
    const ids = how.uid === undefined ? {} : { uid: how.uid, gid: how.gid }
    const { cwd, env, onMessage } = options
    const channel = onMessage === undefined ? [] : (['ipc'] as const)
    const child = spawn(how.command, how.args, { cwd, env, detached: true, stdio: ['ignore', output, output, ...channel], ...ids })
    if (onMessage !== undefined) child.on('message', onMessage)
    closeSync(output)
    let over = false
    const ended = new Promise<string>((settle) => {
      child.once('exit', (code, signal) => { over = true; settle(signal ?? `exit code ${code ?? 'unknown'}`) })
    })
    child.once('error', (error) => { reject(new EmbeddedError(`${how.command} cannot be started: ${error.message}`)) })
    child.once('spawn', () => { resolve({ pid: child.pid ?? -1, ended, hasEnded: () => over }) })
  })
}

export interface KeeperOptions {
  readonly name: string
  /** Starts the server and resolves when it answers. Gives up, leaving nothing behind, when `signal` is aborted. */
  readonly start: (signal: AbortSignal) => Promise<Running>
  /** Ends the server whose pid is given; resolves when it is gone. */
  readonly end: (pid: number) => Promise<void>
  readonly log: (line: string) => void
  readonly onRestart: (pid: number) => void
  /** The pause before a start that follows a failed one: doubled each time between these bounds. */
  readonly pauseMs: readonly [min: number, max: number]
}

/** Keeps one server running: when it dies it is started again, at once at first and then with growing pauses, for ever. */
export class Keeper {
  #running: Running | undefined
  readonly #stop = new AbortController()
  #watch: Promise<void> = Promise.resolve()
  #stopped: Promise<void> | undefined

  constructor(private readonly options: KeeperOptions) {}

  get pid(): number | undefined {
    return this.#running?.pid
  }

  async begin(): Promise<void> {
    this.#running = await this.options.start(this.#stop.signal)
    this.#watch = this.#keep(this.#running)
  }

  /** As begin, but a start that fails is tried again for ever. Resolves when the server answers or stop was called. */
  async insist(): Promise<void> {
    this.#running = await this.#restart()
    if (this.#running !== undefined) this.#watch = this.#keep(this.#running)
  }

  /** However often it is called, the server is asked once. */
  stop(): Promise<void> {
    this.#stopped ??= this.#end()
    return this.#stopped
  }

  async #end(): Promise<void> {
    this.#stop.abort()
    // A restart that was under way may still have brought a server up: there are two moments to look for one.
    const end = async () => {
      if (this.#running !== undefined && !this.#running.hasEnded()) await this.options.end(this.#running.pid)
    }
    await end()
    await this.#watch
    await end()
  }

  async #keep(first: Running): Promise<void> {
    let running = first
    while (!this.#stop.signal.aborted) {
      const how = await running.ended
      if (this.#stop.signal.aborted) return
      this.options.log(`${this.options.name} ended (${how}); starting it again`)
      const next = await this.#restart()
      if (next === undefined) return
      running = next
      this.#running = next
      this.options.log(`${this.options.name} is back (pid ${next.pid})`)
      this.options.onRestart(next.pid)
    }
  }

  async #restart(): Promise<Running | undefined> {
    const [pauseMsMin, pauseMsMax] = this.options.pauseMs
    let pauseMs = 0
    let reason = ''
    while (!this.#stop.signal.aborted) {
      await sleep(pauseMs, undefined, { signal: this.#stop.signal }).catch(() => undefined)
      if (this.#stop.signal.aborted) return undefined
      pauseMs = Math.min(pauseMsMax, Math.max(pauseMsMin, pauseMs * 2))
      try {
        return await this.options.start(this.#stop.signal)
      } catch (error) {
        if (this.#stop.signal.aborted) return undefined
        // Said once in full: the same reason again and again would bury it.
        const same = wordsOf(error) === reason
        reason = wordsOf(error)
        this.options.log(`${this.options.name} did not start${same ? ', for the same reason' : `: ${reason}`}\nTrying again in ${pauseMs / 1000} s`)
      }
    }
    return undefined
  }
}
