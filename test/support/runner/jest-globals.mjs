import { ModernFakeTimers } from '@jest/fake-timers'
import { ModuleMocker } from 'jest-mock'

let current = {}

/** The functions of the test file that runs now: helpers are loaded once, and call those of whichever file uses them. */
export const setGlobals = (globals) => {
  current = globals
}

const ofTheFile = (name) => new Proxy(() => undefined, {
  apply: (_, self, args) => current[name].apply(self, args),
  get: (_, key) => current[name][key],
})

export const [afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, test] =
  ['afterAll', 'afterEach', 'beforeAll', 'beforeEach', 'describe', 'expect', 'it', 'test'].map(ofTheFile)

const mocker = new ModuleMocker(globalThis)
const timers = new ModernFakeTimers({ config: { fakeTimers: {}, rootDir: process.cwd() }, global: globalThis })

/** As much of Jest's object as these tests use. */
export const jest = {
  fn: mocker.fn.bind(mocker),
  spyOn: mocker.spyOn.bind(mocker),
  restoreAllMocks: () => mocker.restoreAllMocks(),
  useFakeTimers: (options) => timers.useFakeTimers(options),
  useRealTimers: () => timers.useRealTimers(),
  advanceTimersByTime: (ms) => timers.advanceTimersByTime(ms),
}
