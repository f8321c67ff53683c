import { type ASTNode, Environment, EvaluationError, ParseError, type ParseResult, TypeError as CelTypeError } from '@marcbachmann/cel-js'
import { LRUCache } from 'lru-cache'
import type { ParticipantFacts } from '../../../common/participant-facts.js'

/**
 * Rules over a participant's facts, written in a part of CEL (the Common Expression Language): what compares, and nothing
 * that computes. Without arithmetic, patterns and nested loops, the work of an evaluation is bounded by the size of the text
 * (2 000 characters, 500 nodes) and of the facts. What is not named here is no part of the language, whatever the
 * library learns.
 */
export const EXPRESSION_CHARACTERS_MAX = 2_000
const NODES_MAX = 500
const DEPTH_MAX = 32
const LIST_MAX = 200

const VARIABLES = ['userId', 'tier', 'riskPool', 'segments', 'attributes'] as const
const COMPARISONS = new Set(['==', '!=', '<', '<=', '>', '>=', 'in', '&&', '||'])
const METHODS = new Set(['startsWith', 'endsWith', 'contains', 'size'])
const QUANTIFIERS = new Set(['exists', 'all'])
const OPERATORS_TOLD = '&& || ! == != < <= > >= in ?: and the functions has, size, startsWith, endsWith, contains, exists, all'

const environment = new Environment({
  limits: { maxAstNodes: NODES_MAX, maxDepth: DEPTH_MAX, maxListElements: LIST_MAX, maxMapEntries: 0, maxCallArguments: 3 },
})
  .registerVariable('userId', 'string')
  .registerVariable('tier', 'string')
  .registerVariable('riskPool', 'string')
  .registerVariable('segments', 'list<string>')
  .registerVariable('attributes', 'map<string, dyn>')

/** Where an expression is wrong: line and column from 1, the column in characters. The message says what to do. */
export interface ExpressionProblem {
  readonly line: number
  readonly column: number
  readonly message: string
}

export interface Verdict {
  readonly holds: boolean
  /** Why it could not be told, and so does not hold: an attribute that is missing, or of another type. */
  readonly undecided: string | null
}

export interface CompiledExpression {
  /** Never throws: what cannot be told does not hold. */
  evaluate(userId: string, facts: ParticipantFacts): Verdict
}

type Compilation =
  | { readonly expression: CompiledExpression; readonly problem: null }
  | { readonly expression: null; readonly problem: ExpressionProblem }

const HOLDS: Verdict = Object.freeze({ holds: true, undecided: null })
const HOLDS_NOT: Verdict = Object.freeze({ holds: false, undecided: null })

// The same text means the same in every campaign, and snapshots are read anew every few seconds.
const compiled = new LRUCache<string, Compilation>({ max: 1_000 })

/** Compiled once for each text, or what is wrong with it first. Never throws. */
export function compileExpression(text: string): Compilation {
  let known = compiled.get(text)
  if (known === undefined) {
    known = compile(text)
    // A text of any length may be asked about; only those that can be saved are kept.
    if (text.length <= EXPRESSION_CHARACTERS_MAX) compiled.set(text, known)
  }
  return known
}

class Refusal extends Error {
  constructor(readonly at: number, message: string) {
    super(message)
  }
}

function compile(text: string): Compilation {
  try {
    if (text.trim() === '') throw new Refusal(0, 'is empty: leave it out for everybody')
    if (text.length > EXPRESSION_CHARACTERS_MAX) throw new Refusal(EXPRESSION_CHARACTERS_MAX, `has ${text.length} characters; at most ${EXPRESSION_CHARACTERS_MAX}`)
    if (!text.isWellFormed() || text.includes('\0')) throw new Refusal(0, 'must be plain text')
    const program = environment.parse(text)
    checkLanguage(program.ast, false)
    const { valid, type, error } = program.check()
    if (!valid) throw error ?? new Refusal(0, 'cannot be understood')
    if (type !== 'bool' && type !== 'dyn') throw new Refusal(0, `gives ${article(type)}; it must give true or false: compare it with something`)
    return { expression: { evaluate: (userId, facts) => evaluate(program, userId, facts) }, problem: null }
  } catch (error) {
    return { expression: null, problem: problemOf(text, error) }
  }
}

const article = (type: string | undefined): string => (type === 'int' ? 'an int' : `a ${type ?? 'value'}`)

function evaluate(program: ParseResult, userId: string, { tier, riskPool, segments, attributes }: ParticipantFacts): Verdict {
  // The library tells by an error what is missing: its stack, which nobody reads, would cost twenty times the rest.
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    const result: unknown = program({ userId, tier: tier ?? '', riskPool: riskPool ?? '', segments, attributes })
    if (typeof result === 'boolean') return result ? HOLDS : HOLDS_NOT
    return { holds: false, undecided: 'it gives neither true nor false' }
  } catch (error) {
    // Facts are the callers': whatever they make of an expression, it is no fault of ours to be told of.
    return { holds: false, undecided: error instanceof EvaluationError ? error.summary : 'it cannot be told' }
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** Throws a Refusal at the first thing that is not part of the language. */
function checkLanguage(node: ASTNode, inLoop: boolean): void {
  const each = (nodes: readonly ASTNode[], loop = inLoop) => { for (const one of nodes) checkLanguage(one, loop) }
  switch (node.op) {
    case 'value': case 'id': return
    case '.': return checkLanguage(node.args[0], inLoop)
    case '[]': return each(node.args)
    case 'list': return each(node.args)
    case '?:': return each(node.args)
    case '!_': return checkLanguage(node.args, inLoop)
    case '-_':
      if (node.args.op === 'value') return
      break
    case 'call': {
      const [name, args] = node.args
      if (name === 'has' || name === 'size') return each(args)
      throw new Refusal(node.start, `${name}() is not part of the language: use ${OPERATORS_TOLD}`)
    }
    case 'rcall': {
      const [name, receiver, args] = node.args
      if (METHODS.has(name)) return each([receiver, ...args])
      if (!QUANTIFIERS.has(name)) throw new Refusal(node.start, `${name}() is not part of the language: use ${OPERATORS_TOLD}`)
      if (receiver.op !== 'id' || receiver.args !== 'segments') throw new Refusal(node.start, `${name}() goes over segments alone: segments.${name}(s, …)`)
      if (inLoop) throw new Refusal(node.start, `${name}() cannot stand inside another`)
      return each(args, true)
    }
    default:
      if (COMPARISONS.has(node.op)) return each(node.args as readonly ASTNode[])
  }
  throw new Refusal(node.start, `${node.op.replace('_', '')} is not part of the language: use ${OPERATORS_TOLD}`)
}

function problemOf(text: string, error: unknown): ExpressionProblem {
  if (error instanceof Refusal) return { ...placeOf(text, error.at), message: error.message }
  if (error instanceof ParseError || error instanceof CelTypeError) {
    return { ...placeOf(text, error.range?.start ?? 0), message: told(error.code, error.summary) }
  }
  throw error
}

function told(code: string, summary: string): string {
  if (code === 'unknown_variable') return `unknown variable '${summary.replace(/^.*: /, '').slice(0, 64)}'; known: ${VARIABLES.join(', ')}`
  if (code === 'limit_exceeded') return `is too large: ${LIMITS.find(([name]) => summary.includes(name))?.[1] ?? summary.slice(0, 200)}`
  const text = summary.slice(0, 200)
  return text.charAt(0).toLowerCase() + text.slice(1)
}

const LIMITS: ReadonlyArray<readonly [string, string]> = [
  ['maxAstNodes', `more than ${NODES_MAX} operators, names and values`],
  ['maxDepth', `nested more than ${DEPTH_MAX} deep`],
  ['maxListElements', `a list of more than ${LIST_MAX}`],
  ['maxMapEntries', 'maps are not part of the language'],
  ['maxCallArguments', 'too many arguments'],
]

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at)
  const lineStart = before.lastIndexOf('\n') + 1
  return { line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 }
}

/** As it stands among the problems of a campaign. */
export const formatProblem = ({ line, column, message }: ExpressionProblem): string => `${line}:${column} ${message}`
