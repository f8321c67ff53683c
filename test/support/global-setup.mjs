import './typescript-hooks.mjs'

/** One Postgres and one Redis for the whole run; the workers learn of them through the environment. */
export default async function globalSetup(globalConfig) {
  const { startStack } = await import('./stack.ts')
  const stack = await startStack({ workers: globalConfig.maxWorkers })
  globalThis.drawbridgeTestStack = stack
  Object.assign(process.env, stack.environment)
  for (const signal of ['SIGINT', 'SIGTERM']) {
    // Jest runs no teardown when it is interrupted, and a database server must not outlive its run. A terminal signals
    // everybody in its group and npm passes it on, so the same wish comes twice: stop() is done once.
    process.on(signal, () => {
      stack.stop().finally(() => process.exit(1))
    })
  }
}
