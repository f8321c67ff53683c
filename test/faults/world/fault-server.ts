import { join } from 'node:path'
import { choosePort } from '../../../src/platform/embedded/ports.js'
import type { Running } from '../../../src/platform/embedded/keeper.js'
import { EmbeddedPostgres } from '../../../src/platform/embedded/postgres.js'
import { EmbeddedRedis } from '../../../src/platform/embedded/redis.js'

interface Controls {
  start(signal: AbortSignal): Promise<Running>
  end(pid: number): Promise<void>
}

/** A Postgres or a Redis that nobody keeps alive: what is killed stays dead until somebody starts it. */
export class FaultServer {
  #running: Running | undefined

  private constructor(readonly name: 'postgres' | 'redis', readonly url: URL, readonly folder: string, private readonly controls: Controls) {}

  static async postgres(dataDir: string, settings: Readonly<Record<string, string>> = {}): Promise<FaultServer> {
    const url = new URL('postgres://drawbridge:faults@127.0.0.1/drawbridge')
    url.port = String(await choosePort(undefined))
    const folder = join(dataDir, 'postgres')
    const controls = await EmbeddedPostgres.prepare({ folder, logFile: join(dataDir, 'postgres.log'), url, log: () => undefined, settings })
    return new FaultServer('postgres', url, folder, controls)
  }

  /** `name`: of its folder in `dataDir`. */
  static async redis(dataDir: string, name = 'redis'): Promise<FaultServer> {
    const url = new URL('redis://:faults@127.0.0.1')
    url.port = String(await choosePort(undefined))
    const folder = join(dataDir, name)
    const controls = await EmbeddedRedis.prepare({ folder, logFile: join(dataDir, `${name}.log`), url, dataDir, log: () => undefined })
    return new FaultServer('redis', url, folder, controls)
  }

  get port(): number {
    return Number(this.url.port)
  }

  get pid(): number {
    if (this.#running === undefined) throw new Error(`${this.name} was not started`)
    return this.#running.pid
  }

  get runs(): boolean {
    return this.#running !== undefined && !this.#running.hasEnded()
  }

  async start(): Promise<void> {
    this.#running = await this.controls.start(new AbortController().signal)
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    process.kill(this.pid, signal)
  }

  /** With -9; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.#running?.ended
  }

  async stop(): Promise<void> {
    if (this.#running === undefined || this.#running.hasEnded()) return
    this.signal('SIGCONT')
    await this.controls.end(this.pid)
  }
}
