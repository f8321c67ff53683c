import { Injectable } from '@nestjs/common'

/** True, or the reason why not. Asked often: it must look at what is known and never wait. */
export type ReadinessCheck = () => boolean | string

export interface ReadinessReport {
  readonly ready: boolean
  /** By check: 'ok' or the reason. */
  readonly checks: Readonly<Record<string, string>>
}

/** Whether a draw would succeed now at full speed. Whoever a draw depends on registers what can keep it from that. */
@Injectable()
export class Readiness {
  readonly #checks = new Map<string, ReadinessCheck>()
  #phase: 'starting' | 'serving' | 'stopping' = 'starting'
  #hasBeenReady = false

  register(name: string, check: ReadinessCheck): void {
    this.#checks.set(name, check)
  }

  serving(): void {
    if (this.#phase === 'starting') this.#phase = 'serving'
  }

  /** Load balancers are told at once, before the first connection is refused. */
  stopping(): void {
    this.#phase = 'stopping'
  }

  isStopping(): boolean {
    return this.#phase === 'stopping'
  }

  report(): ReadinessReport {
    const checks: Record<string, string> = { process: this.#phase === 'serving' ? 'ok' : this.#phase }
    for (const [name, check] of this.#checks) {
      const result = check()
      checks[name] = result === true ? 'ok' : result === false ? 'not ready' : result
    }
    const ready = Object.values(checks).every((state) => state === 'ok')
    this.#hasBeenReady ||= ready
    return { ready, checks }
  }

  /** Once ready, started for good. */
  started(): boolean {
    return this.#hasBeenReady || this.report().ready
  }
}
