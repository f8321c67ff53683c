import { createApp } from '../../src/app.js'
import { parseConfig, type Config } from '../../src/config/config.js'
import { choosePort } from '../../src/platform/embedded/ports.js'
import { createTestDatabase, type TestDatabase } from './database.js'
import { fromSetup } from './environment.js'
import { emptyTestRedis } from './redis.js'

export interface BootOptions {
  /** Settings by the names of their environment variables, over those of the tests. */
  env?: Record<string, string>
  /** A database and Redis that an earlier app used: boots on what it left behind. Without them: fresh ones. */
  on?: { databaseUrl: string; redisUrl: string }
}

export interface TestApp {
  /** http://127.0.0.1:<port> */
  readonly url: string
  readonly graphqlUrl: string
  readonly adminGraphqlUrl: string
  readonly metricsUrl: string
  readonly config: Config
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly app: Awaited<ReturnType<typeof createApp>>['app']
  /** Stops the app alone; its data stays for another bootApp({ on }). */
  stop(): Promise<void>
  /** Stops the app and drops its database, unless it was booted `on` another's. */
  close(): Promise<void>
}

/** Boots the real product, api and worker in one, over HTTP on a free port. */
export async function bootApp({ env = {}, on }: BootOptions = {}): Promise<TestApp> {
  let own: TestDatabase | undefined
  if (on === undefined) own = await createTestDatabase()
  try {
    const databaseUrl = own?.databaseUrl ?? on?.databaseUrl
    const redisUrl = on?.redisUrl ?? (await emptyTestRedis())
    const port = await choosePort(undefined)
    const metricsPort = await choosePort(undefined, [port])
    const config = parseConfig({
      NODE_ENV: 'test',
      ROLE: 'all',
      HOST: '127.0.0.1',
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      LOG_LEVEL: process.env.LOG_LEVEL ?? 'silent',
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      SECRET_KEY: fromSetup('TEST_SECRET_KEY'),
      // A loaded machine may keep a test's process from its sockets for longer than the two seconds of the default.
      REDIS_TIMEOUT_MS: '10000',
      // Hundreds of apps are booted.
      REHEARSED_DRAWS: '0',
      ...env,
    })
    const running = await createApp(config)
    let stopping: Promise<void> | undefined
    const stop = (): Promise<void> => (stopping ??= running.close())
    const url = `http://127.0.0.1:${config.port}`
    return {
      url,
      graphqlUrl: `${url}/graphql`,
      adminGraphqlUrl: `${url}/admin/graphql`,
      metricsUrl: `http://127.0.0.1:${config.metricsPort}/metrics`,
      config,
      databaseUrl: databaseUrl ?? '',
      redisUrl,
      app: running.app,
      stop,
      close: async () => {
        await stop()
        await own?.drop()
      },
    }
  } catch (error) {
    await own?.drop()
    throw error
  }
}
