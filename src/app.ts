import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { NestFactory } from '@nestjs/core'
import type { NestFastifyApplication } from '@nestjs/platform-fastify'
import type { FastifyInstance } from 'fastify'
import { Rehearsal } from './api/app/rehearsal/rehearsal.js'
import { AdminSockets } from './api/admin/live/admin-sockets.js'
import { serveUploads } from './api/admin/upload-http.js'
import { OperatorAuthenticator } from './api/auth/operator-authenticator.js'
import { readBuild } from './api/dashboard/build.js'
import { serveDashboard } from './api/dashboard/serve-dashboard.js'
import { acceptDocumentIds } from './api/dashboard/trusted-documents.js'
import { guardGraphqlHttp } from './api/graphql/graphql-http.js'
import { QueueDeskAccess } from './api/queue-desk/queue-desk-access.js'
import { serveQueueDesk } from './api/queue-desk/serve-queue-desk.js'
import { AppModule } from './app.module.js'
import { ConfigError, type Config } from './config/config.js'
import { requireRuntimeConfig, type RuntimeConfig } from './config/config.module.js'
import { boundRequests, fastifyAdapter, observeRequests, serveHealth } from './platform/http/fastify.js'
import { listenOptions, listenWider, refuseTakenPort } from './platform/http/listeners.js'
import { Readiness } from './platform/http/readiness.js'
import { packageRoot } from './platform/package-root.js'
import { QueuePort } from './platform/queue/queue.port.js'
import { startExporter } from './platform/telemetry/exporter.js'
import { Logger } from './platform/telemetry/logger.js'
import { Metrics } from './platform/telemetry/metrics.js'

const FINISH_REQUESTS_MS = 10_000
const CLOSE_IDLE_MS = 50
/** Loops, queues and connections, each of which has a limit of its own; a store that has fallen silent may hold one that has not. */
const END_MS_MAX = 25_000

export interface RunningApp {
  readonly app: NestFastifyApplication
  readonly url: string
  /**
   * Graceful: not ready → no new connections, running requests end (10 s at most) → loops and queues end what they
   * hold → Postgres, Redis and telemetry are closed. May be called twice.
   */
  close(): Promise<void>
}

/** The whole product, serving on PORT (`listens` false: on none, where other processes do). Throws ConfigError where a setting is what keeps it from that. */
export async function createApp(given: Config, { listens = true } = {}): Promise<RunningApp> {
  const config = requireRuntimeConfig(given)
  const logger = new Logger(config)
  const stopExporter = await startExporter(config)
  try {
    const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config, logger), fastifyAdapter(config), {
      logger: nestLogger(logger),
      abortOnError: false,
    })
    try {
      return await serve(app, config, logger, stopExporter, listens)
    } catch (error) {
      await app.close().catch(() => undefined)
      throw error
    }
  } catch (error) {
    await stopExporter()
    throw error
  }
}

async function serve(
  app: NestFastifyApplication, config: RuntimeConfig, logger: Logger, stopExporter: () => Promise<void>, listens: boolean,
): Promise<RunningApp> {
  const fastify = app.getHttpAdapter().getInstance() as unknown as FastifyInstance
  const readiness = app.get(Readiness)
  boundRequests(fastify)
  observeRequests(fastify, app.get(Metrics))
  guardGraphqlHttp(fastify, logger, {
    appBytesMax: config.bodyBytesMax, adminBytesMax: config.adminBodyBytesMax, stopping: () => readiness.isStopping(),
  })
  serveUploads(fastify, () => readiness.isStopping())
  if (config.role !== 'worker') {
    const dashboard = readBuild(join(packageRoot, 'admin-ui', 'dist'))
    const documents = dashboard?.documents ?? new Map<string, string>()
    acceptDocumentIds(fastify, documents)
    app.get(AdminSockets, { strict: false }).accept(documents)
    serveDashboard(fastify, dashboard, config.publicUrl)
    serveQueueDesk(fastify, {
      queues: app.get(QueuePort).all(), publicUrl: config.publicUrl, logger,
      operators: app.get(OperatorAuthenticator, { strict: false }), access: app.get(QueueDeskAccess, { strict: false }),
    })
  }
  serveHealth(fastify, readiness)
  await app.init()
  if (config.role !== 'worker') {
    await fastify.ready()
    await app.get(Rehearsal, { strict: false }).play()
  }
  if (listens) await listen(app, fastify, config)
  readiness.serving()
  logger.info({ port: config.port, metricsPort: config.metricsPort }, 'Serving')
  let closing: Promise<void> | undefined
  const close = async () => {
    readiness.stopping()
    await finishRequests(fastify)
    if (!(await endsWithin(app.close(), END_MS_MAX))) logger.warn({ ms: END_MS_MAX }, 'Something did not end in time, and is left to the end of the process')
    await stopExporter()
    logger.info('Stopped')
  }
  return { app, url: `http://${config.host === '0.0.0.0' ? 'localhost' : config.host}:${config.port}`, close: () => (closing ??= close()) }
}

function portTrouble(error: unknown, port: number): unknown {
  const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
  return taken ? new ConfigError('PORT', `port ${port} is taken by another program`) : error
}

/** For a process whose children are to listen there. Throws ConfigError. */
export async function refusePort({ port, host }: Pick<Config, 'port' | 'host'>): Promise<void> {
  await refuseTakenPort(port, host).catch((error: unknown) => { throw portTrouble(error, port) })
}

const stopListening = new WeakMap<FastifyInstance, () => Promise<void>>()

async function listen(app: NestFastifyApplication, fastify: FastifyInstance, config: RuntimeConfig): Promise<void> {
  const { port, host } = config
  const begin = async () => {
    await refuseTakenPort(port, host)
    // Nest's types know a port alone; its Fastify adapter takes Fastify's options.
    await app.listen(listenOptions(port, host) as unknown as number)
    return listenWider(fastify.server, port, host)
  }
  const close = await begin().catch((error: unknown) => { throw portTrouble(error, port) })
  stopListening.set(fastify, close)
}

async function finishRequests(fastify: FastifyInstance): Promise<void> {
  const cutOff = setTimeout(() => { fastify.server.closeAllConnections() }, FINISH_REQUESTS_MS)
  // Connections whose answer was under way when all this began are idle after it.
  const idle = setInterval(() => { fastify.server.closeIdleConnections() }, CLOSE_IDLE_MS)
  await Promise.all([stopListening.get(fastify)?.(), fastify.close()])
  clearInterval(idle)
  clearTimeout(cutOff)
}

async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  const late = new AbortController()
  const ended = await Promise.race([work.then(() => true), sleep(ms, false, { signal: late.signal, ref: false }).catch(() => false)])
  late.abort()
  return ended
}

/** Nest tells of every module and route as it starts; that is for debugging. */
function nestLogger(logger: Logger) {
  return {
    log: (...args: unknown[]) => { logger.debug(...args) },
    debug: (...args: unknown[]) => { logger.verbose(...args) },
    verbose: (...args: unknown[]) => { logger.verbose(...args) },
    warn: (...args: unknown[]) => { logger.warn(...args) },
    error: (...args: unknown[]) => { logger.error(...args) },
    fatal: (...args: unknown[]) => { logger.fatal(...args) },
  }
}
