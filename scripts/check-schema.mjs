import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { diff } from '@graphql-inspector/core'
import { buildSchema } from 'graphql'
import { root } from './lib/files.mjs'

/** The two schemas that the product serves; each has its contract under test/contract/fixtures. */
export const schemaNames = ['app', 'admin']

// Stricter than the inspector's own BREAKING: a default that changes, or a type that "safely" narrows, still surprises a caller.
const alwaysBreaking = /(_REMOVED|TYPE_CHANGED|KIND_CHANGED|DEFAULT_(VALUE_)?CHANGED)$/
const neverBreaking = /(DESCRIPTION|DEPRECATION|DIRECTIVE_USAGE)/
/** The first subscription, or mutation, of a schema that had none is an addition as any other. */
const isFirstRoot = ({ type, meta }) => /^SCHEMA_(?:MUTATION|SUBSCRIPTION)_TYPE_CHANGED$/.test(type)
  && (meta.oldMutationTypeName ?? meta.oldSubscriptionTypeName ?? null) === null

/**
 * What a caller of `before` loses under `after`: one line for each removal, changed type, changed default
 * or newly required input. Additions are free. Both are SDL texts; throws if either is not a valid schema.
 * @param {string} before
 * @param {string} after
 * @returns {Promise<string[]>}
 */
export async function breakingChanges(before, after) {
  const changes = await diff(buildSchema(before), buildSchema(after))
  return changes
    .filter((change) => !isFirstRoot(change))
    .filter(({ type, criticality }) => !neverBreaking.test(type) && (criticality.level === 'BREAKING' || alwaysBreaking.test(type)))
    .map(({ message, path }) => (path === undefined ? message : `${path}: ${message}`))
}

function git(...args) {
  try {
    return execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 })
  } catch {
    return undefined // no git, no repository, or a commit without that file: nothing to compare with
  }
}

/**
 * The schema as last committed. Where the working copy is that very text (CI, a fresh clone), the one before it,
 * unless the last commit says, as Conventional Commits do, that it breaks things on purpose.
 */
function committed(file, current) {
  const head = git('show', `HEAD:${file}`)
  if (head !== current) return head
  const message = git('log', '-1', '--format=%B') ?? ''
  const deliberate = /^\w+(\([^)]*\))?!:/.test(message) || /^BREAKING[ -]CHANGE:/m.test(message)
  return deliberate ? undefined : git('show', `HEAD~1:${file}`)
}

/**
 * Compares schema/*.graphql with the contract and with the last commit.
 * @returns {Promise<string[]>} problems, empty when nothing breaks
 */
async function schemaProblems() {
  const problems = []
  for (const name of schemaNames) {
    const file = `schema/${name}.graphql`
    const contract = `test/contract/fixtures/${name}.graphql`
    const missing = [file, contract].filter((path) => !existsSync(join(root, path)))
    if (missing.length > 0) {
      problems.push(...missing.map((path) => `${path} is missing`))
      continue
    }
    const current = readFileSync(join(root, file), 'utf8')
    const baselines = { contract: readFileSync(join(root, contract), 'utf8'), 'last commit': committed(file, current) }
    for (const [baseline, before] of Object.entries(baselines)) {
      if (before === undefined) continue
      try {
        problems.push(...(await breakingChanges(before, current)).map((line) => `${file} breaks the ${baseline}: ${line}`))
      } catch (error) {
        problems.push(`${file} against the ${baseline}: ${error.message}`)
      }
    }
  }
  return problems
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const problems = await schemaProblems()
  for (const problem of problems) console.log(problem)
  process.exitCode = problems.length === 0 ? 0 : 1
}
