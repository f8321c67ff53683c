import { spawn } from 'node:child_process'
import { existsSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildUi, INITIAL_BYTES_MAX, initialBytes } from './lib/build-ui.mjs'
import { hashOf, readJson, root, writeWhole } from './lib/files.mjs'
import { generate } from './lib/generate.mjs'
import { install } from './lib/install.mjs'
import { exclusively } from './lib/mutex.mjs'
import { pinnedNode, toolEnvironment } from './lib/run.mjs'
import { main, terminal } from './lib/terminal.mjs'

const stepTimeoutMs = 300_000
const outputBytesMax = 1_000_000

/** Runs one of the installed tools under the pinned runtime. Resolves to its problems: none if it exits with 0. */
function tool(script, ...args) {
  return new Promise((done) => {
    const child = spawn(pinnedNode(), [script, ...args], {
      cwd: root, env: toolEnvironment({ NO_COLOR: '1', FORCE_COLOR: undefined }), stdio: ['ignore', 'pipe', 'pipe'], timeout: stepTimeoutMs,
    })
    let output = ''
    const collect = (chunk) => {
      if (output.length < outputBytesMax) output += chunk
    }
    child.stdout.setEncoding('utf8').on('data', collect)
    child.stderr.setEncoding('utf8').on('data', collect)
    child.on('error', (error) => done([`${script}: ${error.message}`]))
    child.on('close', (code, signal) => {
      if (code === 0) return done([])
      const end = signal === null ? [] : [`${script} was stopped (${signal}); its limit is ${stepTimeoutMs / 1000} s`]
      done([output.trim(), ...end].filter((text) => text !== ''))
    })
  })
}

const bin = (path) => join('node_modules', path)

/**
 * Generates what is stale, then holds src/generated against what the same inputs gave before: an edit by hand would
 * otherwise live on this machine alone, and only until the schema next changes.
 */
async function generated() {
  try {
    await exclusively(() => generate(() => {}, { bench: true }), () => {})
  } catch (error) {
    return [error.message]
  }
  const record = join(root, 'node_modules', '.cache', 'drawbridge', 'generated.json')
  const now = { inputs: hashOf(['src/generated/.stamps.json']), outputs: hashOf(['src/generated']) }
  const before = readJson(record)
  if (before?.inputs === now.inputs && before.outputs !== now.outputs) {
    return ['src/generated was changed by hand: remove the folder and run npm run generate']
  }
  writeWhole(record, JSON.stringify(now))
  return []
}

/** Builds the dashboard where it is stale, and holds what a browser must load first against its budget. */
async function dashboardSize() {
  try {
    await exclusively(() => buildUi(() => {}, () => {}), () => {})
    const { login, home } = initialBytes()
    console.log(`     scripts, gzipped: ${login} bytes until the login page stands, ${home} more until Home does`)
    return login <= INITIAL_BYTES_MAX ? [] : [`Until the login page stands, a browser loads ${login} bytes of scripts, gzipped; the budget is ${INITIAL_BYTES_MAX}`]
  } catch (error) {
    return [error.message]
  }
}

const typesCache = 'node_modules/.cache/drawbridge/types.tsbuildinfo'
const uiTypesCache = 'node_modules/.cache/drawbridge/ui-types.tsbuildinfo'
const steps = {
  types: () => tool(bin('typescript/bin/tsc'), '--noEmit', '--pretty', 'false', '--incremental', '--tsBuildInfoFile', typesCache),
  'ui types': () => tool(bin('typescript/bin/tsc'), '--project', 'admin-ui', '--pretty', 'false', '--incremental', '--tsBuildInfoFile', uiTypesCache),
  'ui size': dashboardSize,
  lint: () => tool(bin('eslint/bin/eslint.js'), '--max-warnings', '0', '.'),
  boundaries: () =>
    tool(bin('dependency-cruiser/bin/dependency-cruiser.mjs'), '--config', '.dependency-cruiser.cjs', '--output-type', 'err-long',
      ...['src', 'test', 'bench', 'admin-ui/src'].filter((folder) => existsSync(join(root, folder)))),
  'dead code': () => tool(bin('knip/bin/knip.js'), '--no-progress', '--no-config-hints'),
  schema: () => tool('scripts/check-schema.mjs'),
}

async function timed(name, run) {
  const startedMs = performance.now()
  const problems = await run()
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1).padStart(6)
  console.log(`${problems.length === 0 ? 'ok  ' : 'FAIL'} ${name.padEnd(12)} ${seconds} s`)
  return { name, problems }
}

/** Takes the steps two at a time: as many as the smallest machine has cores. */
async function inPairs(waiting) {
  const results = []
  const lane = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) results.push(await timed(...next))
  }
  await Promise.all([lane(), lane()])
  return results
}

/**
 * Runs every check and prints a line for each, then all problems.
 * @returns {Promise<{ passed: number, failed: number }>} how many steps
 */
export async function runChecks() {
  const first = await timed('generated', generated)
  const results = [first, ...(await inPairs(Object.entries(steps)))]
  const failed = results.filter(({ problems }) => problems.length > 0)
  for (const { name, problems } of failed) console.log(`\n── ${name}\n${problems.join('\n')}`)
  if (failed.length > 0) console.log(`\n${failed.length} of ${results.length} checks failed: ${failed.map(({ name }) => name).join(', ')}`)
  return { passed: results.length - failed.length, failed: failed.length }
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(async () => {
    const { say, progress } = terminal()
    await exclusively(() => install(say, progress), () => say('Waiting for another preparation of this clone'))
    const { failed } = await runChecks()
    return failed === 0 ? 0 : 1
  })
}
