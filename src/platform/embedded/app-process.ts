import { join } from 'node:path'
import { EmbeddedError, tailOf, writePrivate } from './files.js'
import { Keeper, launch, type Running } from './keeper.js'
import { endProcess, ownedPid } from './processes.js'

const END_STEPS = [['SIGTERM', 15_000], ['SIGKILL', 5_000]] as const
const SLOW_MS = 30_000
const LOG_LINES = 40
const REASON_LINES = 4

/** What the app tells about the demo tenants: the content of demo.json but for the pids. */
export type Demo = Readonly<Record<string, unknown>>

export interface AppOptions {
  readonly dataDir: string
  /** The app's compiled entry point. */
  readonly script: string
  readonly env: Record<string, string>
  readonly log: (line: string) => void
  readonly onStarted: (pid: number) => void
  /** At every time that it serves, again after a restart. */
  readonly onReady: (demo: Demo | null) => void
}

/** How an app of ours looks among the system's processes. */
const marks = (dataDir: string) => ['main.js', `--data-dir=${dataDir}`]
const pidFile = (dataDir: string) => join(dataDir, 'app.pid')

/** Ends an app that outlived a killed supervisor, so that it does not hold the port. Returns whether there was one. */
export async function endLeftoverApp(dataDir: string, log: (line: string) => void): Promise<boolean> {
  const pid = await ownedPid(pidFile(dataDir), marks(dataDir))
  if (pid === undefined) return false
  log(`The app of an earlier run still works (pid ${pid}); stopping it`)
  await endProcess(pid, END_STEPS)
  return true
}

/** Keeps the app running. It reports over a channel, and goes when the channel's other end is gone. */
export function appKeeper(options: AppOptions): Keeper {
  return new Keeper({
    name: 'The app',
    start: (signal) => startApp(options, signal),
    end: (pid) => endProcess(pid, END_STEPS),
    log: options.log,
    onRestart: () => undefined,
    pauseMs: [200, 5_000],
  })
}

async function startApp(options: AppOptions, signal: AbortSignal): Promise<Running> {
  const { dataDir, script, env, log } = options
  const logFile = join(dataDir, 'logs', 'app.log')
  let becomeReady: () => void = () => undefined
  const ready = new Promise<'ready'>((resolve) => { becomeReady = () => { resolve('ready') } })
  const onMessage = (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('type' in message)) return
    if (message.type === 'status' && 'text' in message && typeof message.text === 'string') log(message.text)
    if (message.type === 'ready') {
      becomeReady()
      options.onReady('demo' in message && typeof message.demo === 'object' ? (message.demo as Demo | null) : null)
    }
  }
  const args = ['--enable-source-maps', script, `--data-dir=${dataDir}`]
  const running = await launch({ command: process.execPath, args }, { logFile, cwd: process.cwd(), env, onMessage })
  options.onStarted(running.pid)
  await writePrivate(pidFile(dataDir), `${running.pid}\n`)
  const slow = setInterval(() => { log(`The app is not ready yet; its log is ${logFile}`) }, SLOW_MS)
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted')
    else signal.addEventListener('abort', () => { resolve('aborted') }, { once: true })
  })
  try {
    const outcome = await Promise.race([ready, aborted, running.ended.then((how) => `it ended (${how})`)])
    if (outcome === 'ready') return running
    if (outcome === 'aborted') await endProcess(running.pid, END_STEPS)
    throw new EmbeddedError(outcome === 'aborted' ? 'it was told to stop' : `${outcome}. From ${logFile}:\n${await reasonIn(logFile)}`)
  } finally {
    clearInterval(slow)
  }
}

/** What a person needs of the log's end: neither the frames of a stack nor lines for machines. */
async function reasonIn(logFile: string): Promise<string> {
  const lines = (await tailOf(logFile, LOG_LINES)).split('\n').filter((line) => !/^\s*(?:at |\{.*"level":"(?:info|debug|trace)"|$)/.test(line))
  return lines.slice(-REASON_LINES).map((line) => `  ${line}`).join('\n')
}
