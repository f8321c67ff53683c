import { setTimeout as sleep } from 'node:timers/promises'
import cluster from 'node:cluster'
import { answerMetrics, ApiProcesses } from './api-processes.js'
import { createApp, refusePort, type RunningApp } from './app.js'
import { ConfigError, parseConfig } from './config/config.js'
import { Readiness } from './platform/http/readiness.js'
import { Metrics } from './platform/telemetry/metrics.js'

const POLL_MS = 25
const SAY_AGAIN_MS = 5_000
// Below the 15 s after which a supervisor kills.
const CLOSE_TIMEOUT_MS = 12_000
/** Of the API processes of a start: the one that started them ends after them, within its own. */
const API_CLOSE_TIMEOUT_MS = 7_000
// A supervisor that is killed takes its Postgres and Redis along: waiting for them only keeps the next one from starting.
const ABANDONED_TIMEOUT_MS = 4_000

/** To the supervisor, where there is one. */
function report(message: { type: 'status'; text: string } | { type: 'ready'; demo: object | null }): void {
  if (process.connected) process.send?.(message)
}

let running: RunningApp | undefined
let processes: ApiProcesses | undefined
let ending = false

/** Ends what runs, gracefully, and the process with it. A second wish is the same wish. */
async function end(exitCode: number, timeoutMs = cluster.isWorker ? API_CLOSE_TIMEOUT_MS : CLOSE_TIMEOUT_MS): Promise<void> {
  if (ending) return
  ending = true
  setTimeout(() => process.exit(exitCode), timeoutMs).unref()
  // First those that take requests, then the one that settles what they have decided.
  await processes?.close().catch((error: unknown) => { console.error(error) })
  await running?.close().catch((error: unknown) => { console.error(error) })
  process.exit(exitCode)
}

/** Resolves when a draw would succeed at full speed; tells now and then what is still missing. */
async function untilReady(readiness: Readiness, apiProcesses: number): Promise<void> {
  for (let said = performance.now(); !ending; await sleep(POLL_MS)) {
    const { ready, checks } = readiness.report()
    if (ready && (processes?.ready ?? 0) >= apiProcesses) return
    if (performance.now() - said < SAY_AGAIN_MS) continue
    said = performance.now()
    const missing = Object.entries(checks).filter(([, state]) => state !== 'ok').map(([name, state]) => `${name} (${state})`)
    report({ type: 'status', text: `Waiting for ${missing.length > 0 ? missing.join(', ') : 'the API processes'}` })
  }
}

async function main(): Promise<void> {
  const config = parseConfig()
  const several = cluster.isPrimary && config.apiProcesses > 1 && config.role !== 'worker'
  if (several) await refusePort(config)
  // Of `api` alone nobody settles here: others do.
  running = await createApp(several && config.role === 'all' ? { ...config, role: 'worker' } : config, { listens: !several })
  if (cluster.isWorker) answerMetrics(() => running!.app.get(Metrics).registry.getMetricsAsJSON())
  let demo: object | null = null
  if (config.demo === true && config.role !== 'worker') {
    report({ type: 'status', text: 'Preparing the demo tenants' })
    const { seedDemo } = await import('./demo/demo.service.js')
    demo = await seedDemo(running.app)
  }
  if (several && !ending) {
    const started = new ApiProcesses(config.apiProcesses, (text) => { report({ type: 'status', text }) })
    processes = started
    running.app.get(Metrics).gather(() => started.metrics())
    started.start()
  }
  await untilReady(running.app.get(Readiness), several ? config.apiProcesses : 0)
  if (!ending) report({ type: 'ready', demo })
}

// Else Node ends it the moment that its first process is gone, in the middle of whatever it does.
if (cluster.isWorker) cluster.worker!.exitedAfterDisconnect = true
process.on('SIGTERM', () => void end(0))
process.on('SIGINT', () => void end(0))
// Whoever started this process is gone; it would go on unwatched.
process.on('disconnect', () => void end(0, ABANDONED_TIMEOUT_MS))
process.on('uncaughtException', (error) => {
  console.error('Ending after an error that nobody handled', error)
  void end(1)
})

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error)
  void end(1)
})
