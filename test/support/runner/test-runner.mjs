import { createRequire, registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import adapter from 'jest-circus/runner'
import '../typescript-hooks.mjs'
import { jest, setGlobals } from './jest-globals.mjs'

const circus = adapter.default
const require = createRequire(import.meta.url)
const EVENT_HANDLERS = Symbol.for('EVENT_HANDLERS')
const globals = new URL('jest-globals.mjs', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === '@jest/globals' ? { url: globals, format: 'module', shortCircuit: true } : next(specifier, context),
})

/** Node's own source maps: Jest's handler of stacks knows those of its own transforms alone. */
function mapStacks() {
  process.setSourceMapsEnabled(true)
  Error.prepareStackTrace = undefined
}

/** What jest-circus asks of Jest's runtime, answered by Node itself. */
const native = (runtime) => ({
  // Holds the tests that a file defines: each file has its own.
  requireInternalModule(path) {
    Reflect.deleteProperty(require.cache, path)
    Reflect.deleteProperty(globalThis, EVENT_HANDLERS)
    return require(path)
  },
  requireModule: (path) => require(path),
  setGlobalsForRuntime: setGlobals,
  unstable_shouldLoadAsEsm: () => true,
  unstable_importModule: (path) => import(pathToFileURL(path).href),
  enterTestCode: () => runtime.enterTestCode(),
  leaveTestCode: () => runtime.leaveTestCode(),
})

/**
 * Runs a test file in the worker's own realm, with Node's modules. In Jest's, which are made anew for every file, to load the product is
 * a third of what a run takes. What a file leaves behind is put back: spies, timers, the console, the environment.
 */
export default async function testRunner(globalConfig, config, environment, runtime, testPath, sendMessageToJest) {
  const [console, env] = [globalThis.console, { ...process.env }]
  mapStacks()
  globalThis.console = environment.global.console
  try {
    return await circus(globalConfig, config, environment, native(runtime), testPath, sendMessageToJest)
  } finally {
    jest.restoreAllMocks()
    jest.useRealTimers()
    globalThis.console = console
    for (const name of Object.keys(process.env)) if (!(name in env)) Reflect.deleteProperty(process.env, name)
    Object.assign(process.env, env)
  }
}
