// npm run test:mutants [-- words of a mutant's name]: puts each fault of test/mutants into a copy of the code and runs the tests that
// must see it. Ends with 1 where a mutant lives, or where a test that should judge it cannot even run.
import { execFileSync, spawn } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { mutants } from '../test/mutants/mutants.mjs'
import { Complaint, readJson, root } from './lib/files.mjs'
import { prepare } from './lib/prepare.mjs'
import { follow, pinnedNode, toolEnvironment } from './lib/run.mjs'
import { main, terminal } from './lib/terminal.mjs'

const TEST_TIMEOUT_MS = 10 * 60_000

/** What git knows of, as it is now, and what was generated from it. */
function copyTo(folder) {
  const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root, maxBuffer: 64 * 1024 * 1024 })
  for (const file of files.toString().split('\0').filter((name) => name !== '')) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    cpSync(join(root, file), join(folder, file))
  }
  cpSync(join(root, 'src', 'generated'), join(folder, 'src', 'generated'), { recursive: true })
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'dir')
}

/** @returns {Promise<{ passed: number, failed: number, unrun: number }>} */
async function jest(folder, tests) {
  const results = join(folder, 'results.json')
  const args = ['--disable-warning=ExperimentalWarning', join(folder, 'node_modules/jest/bin/jest.js'),
    '--rootDir', folder, '--json', '--outputFile', results, '--bail=1', ...tests]
  const child = spawn(pinnedNode(), args, { cwd: folder, env: toolEnvironment({ NODE_ENV: 'test' }), stdio: ['inherit', 'ignore', 'ignore'] })
  const limit = setTimeout(() => child.kill('SIGTERM'), TEST_TIMEOUT_MS)
  await follow(child, { onForce: () => child.kill('SIGKILL') })
  clearTimeout(limit)
  const counts = readJson(results)
  if (counts === undefined) return { passed: 0, failed: 0, unrun: 1 }
  return { passed: counts.numPassedTests, failed: counts.numFailedTests, unrun: counts.numRuntimeErrorTestSuites }
}

/** `work` in a copy of the code, which is removed after it. */
async function inCopy(work) {
  const folder = mkdtempSync(join(tmpdir(), 'drawbridge-mutant-'))
  try {
    copyTo(folder)
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Without a mutant all is green: else a red test says nothing. */
async function control(tests) {
  const { passed, failed, unrun } = await inCopy((folder) => jest(folder, tests))
  if (failed > 0 || unrun > 0 || passed === 0) throw new Complaint('The tests fail without any mutant: mend them first')
  console.log(`${passed} tests pass without a mutant`)
}

/** @returns {Promise<string>} 'killed', or why not */
function judge({ file, find, replace, tests }) {
  return inCopy(async (folder) => {
    const source = readFileSync(join(folder, file), 'utf8')
    if (source.split(find).length !== 2) return `its place is not in ${file}, or more than once`
    writeFileSync(join(folder, file), source.replace(find, () => replace))
    const { passed, failed, unrun } = await jest(folder, tests)
    if (unrun > 0) return 'the tests could not be run'
    return failed > 0 ? 'killed' : `all ${passed} tests passed`
  })
}

await main(async () => {
  const words = process.argv.slice(2).map((word) => word.toLowerCase())
  const wanted = mutants.filter(({ name }) => words.every((word) => name.toLowerCase().includes(word)))
  if (wanted.length === 0) throw new Complaint('No mutant has such a name')
  await prepare(terminal({ quiet: true }))
  await control([...new Set(wanted.flatMap(({ tests }) => tests))])
  let alive = 0
  for (const mutant of wanted) {
    const began = Date.now()
    const verdict = await judge(mutant)
    if (verdict !== 'killed') alive++
    console.log(`${verdict === 'killed' ? 'killed' : 'LIVES '}  ${String(Math.round((Date.now() - began) / 1_000)).padStart(3)} s  ${mutant.name}${verdict === 'killed' ? '' : `: ${verdict}`}`)
  }
  console.log(`\n${wanted.length - alive} passed, ${alive} failed`)
  return Number(alive > 0)
})
