import { spawn, type ChildProcess } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { choosePort } from '../../../src/platform/embedded/ports.js'
import { eventually } from '../../embedded/harness.js'
import type { TcpProxy } from './tcp-proxy.js'

const READY_MS_MAX = 60_000
const READYZ_MS_MAX = 5_000
const START_AGAIN_MS = 500

/** Where Postgres or Redis cannot be reached, a start says so and ends; an orchestrator then starts again. */
class EndedAtStart extends Error {}

/** A process of the product that nobody keeps alive once it is ready. */
export class Worker {
  #output = ''

  private constructor(private readonly child: ChildProcess, readonly redisProxy: TcpProxy) {
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => { this.#output = (this.#output + chunk.toString()).slice(-20_000) })
  }

  /** Resolves when it is ready. One that ends before is started again. */
  static async start(script: string, redisProxy: TcpProxy, environment: Readonly<Record<string, string>>): Promise<Worker> {
    for (const deadline = performance.now() + READY_MS_MAX; ;) {
      try {
        return await Worker.#startOnce(script, redisProxy, environment)
      } catch (error) {
        if (!(error instanceof EndedAtStart) || performance.now() > deadline) throw error
        await sleep(START_AGAIN_MS)
      }
    }
  }

  static async #startOnce(script: string, redisProxy: TcpProxy, environment: Readonly<Record<string, string>>): Promise<Worker> {
    const port = await choosePort(undefined)
    const metricsPort = await choosePort(undefined, [port])
    const ports = { PORT: String(port), METRICS_PORT: String(metricsPort), NODE_ENV: 'development', DEMO: '0', REHEARSED_DRAWS: '200' }
    const worker = new Worker(spawn(process.execPath, [script], {
      env: { ...process.env, ...environment, ...ports }, stdio: ['ignore', 'pipe', 'pipe'], detached: true,
    }), redisProxy)
    let told = 'nothing'
    await eventually(async () => {
      if (worker.child.exitCode !== null) throw new EndedAtStart(`the worker ended with ${worker.child.exitCode}:\n${worker.#output}`)
      return fetch(`http://127.0.0.1:${port}/readyz`, { signal: AbortSignal.timeout(READYZ_MS_MAX) }).then(async (answer) => {
        told = await answer.text()
        return answer.ok
      }, (error: unknown) => {
        told = String(error)
        return false
      })
    }, READY_MS_MAX, 'the worker is ready').catch(async (error: unknown) => {
      await worker.kill()
      if (error instanceof EndedAtStart) throw error
      throw new Error(`${String(error)}; /readyz told at last: ${told}; it said:\n${worker.#output}`)
    })
    return worker
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null
  }

  /** Whether a signal has stopped it (Linux). */
  async isStopped(): Promise<boolean> {
    const stat = await readFile(`/proc/${this.child.pid}/stat`, 'utf8').catch(() => '')
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
  }

  kill(): Promise<void> {
    return this.#end('SIGKILL')
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return
    this.signal('SIGCONT')
    await this.#end('SIGTERM')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (this.hasEnded) return
    const ended = new Promise<void>((resolve) => { this.child.once('exit', () => { resolve() }) })
    this.signal(signal)
    await ended
  }
}
