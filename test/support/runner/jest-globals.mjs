import { ModernFakeTimers } from '@jest/fake-timers'
import { ModuleMocker } from 'jest-mock'

let current = {}

/** The functions of the test file that runs now. */
export const setGlobals = (globals) => {
  current = globals
}

/**
 * Calls the function at a path (`it`, `describe.skip`) of whichever file is running: helpers are loaded once in a worker, and may have
 * taken it from the hands of another file.
 */
function ofTheFile(...path) {
  const holder = () => path.slice(0, -1).reduce((value, name) => value[name], current)
  const found = () => holder()[path.at(-1)]
  return new Proxy(() => undefined, {
    apply: (_, _self, args) => found().apply(holder(), args),
    get: (_, key) => (typeof found()[key] === 'function' ? ofTheFile(...path, key) : found()[key]),
  })
}

export const [afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test] =
  ['afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'it', 'test'].map((name) => ofTheFile(name))

const mocker = new ModuleMocker(globalThis)
const timers = new ModernFakeTimers({ config: { fakeTimers: {}, rootDir: process.cwd() }, global: globalThis })

/** As much of Jest's object as these tests use. */
export const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  restoreAllMocks: () => mocker.restoreAllMocks(),
  useFakeTimers: (options) => timers.useFakeTimers(options),
  useRealTimers: () => timers.useRealTimers(),
  getTimerCount: () => timers.getTimerCount(),
  advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
}
