// npm test [-- jest arguments]: on a fresh clone too. Without arguments it runs the checks first, then every test.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runChecks } from './check.mjs'
import { readJson, root } from './lib/files.mjs'
import { buildUi } from './lib/build-ui.mjs'
import { generate } from './lib/generate.mjs'
import { install } from './lib/install.mjs'
import { exclusively } from './lib/mutex.mjs'
import { follow, pinnedNode, toolEnvironment } from './lib/run.mjs'
import { main, terminal } from './lib/terminal.mjs'

const jestTimeoutMs = (process.env.FAULTS === 'long' ? 120 : 21.5) * 60_000
const stopGraceMs = 20_000

/** Stops Jest, which then stops its servers; what does not listen in time is killed. */
function stopAfter(child, timeoutMs) {
  const limit = setTimeout(() => {
    console.error(`The tests did not end within ${timeoutMs / 60_000} minutes: stopping them`)
    child.kill('SIGTERM')
    setTimeout(() => child.kill('SIGKILL'), stopGraceMs).unref()
  }, timeoutMs)
  return () => clearTimeout(limit)
}

/** @returns {Promise<{ passed: number, failed: number, code: number }>} a test file that could not run counts as one failure */
async function jest(args) {
  const folder = mkdtempSync(join(tmpdir(), 'drawbridge-test-'))
  const results = join(folder, 'results.json')
  try {
    const child = spawn(
      pinnedNode(),
      ['--disable-warning=ExperimentalWarning', join(root, 'node_modules/jest/bin/jest.js'),
        '--json', '--outputFile', results, ...args],
      // Results go to the file; Jest repeats them on standard output, where nobody wants to read them.
      { cwd: root, env: toolEnvironment({ NODE_ENV: 'test' }), stdio: ['inherit', 'ignore', 'inherit'] },
    )
    const done = stopAfter(child, jestTimeoutMs)
    const { code } = await follow(child, { onForce: () => child.kill('SIGKILL') })
    done()
    const counts = readJson(results)
    if (counts === undefined) return { passed: 0, failed: code === 0 ? 0 : 1, code }
    return { passed: counts.numPassedTests, failed: counts.numFailedTests + counts.numRuntimeErrorTestSuites, code }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

await main(async () => {
  const args = process.argv.slice(2)
  const { say, progress } = terminal()
  await exclusively(() => install(say, progress), () => say('Waiting for another preparation of this clone'))
  let checks = { passed: 0, failed: 0 }
  if (args.length === 0) checks = await runChecks()
  await exclusively(async () => {
    await generate(say)
    await buildUi(say, progress)
  }, () => say('Waiting for another preparation of this clone'))
  const tests = await jest(args)
  const failed = checks.failed + tests.failed
  if (checks.failed > 0) console.log(`\n${checks.failed} of the failures are checks, told above`)
  console.log(`\n${checks.passed + tests.passed} passed, ${failed} failed`)
  return tests.code !== 0 ? tests.code : Number(failed > 0)
})
