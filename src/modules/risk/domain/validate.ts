import { isDeepStrictEqual } from 'node:util'
import { badInput, movedMeanwhile } from '../../../common/errors.js'
import { isSafeId, isUuid } from '../../../common/ids.js'
import type { RiskEntryInput, VelocityRuleInput } from '../risk.types.js'
import { formatRange, parseRange } from './ip.js'

const REASON_LENGTH_MAX = 500
const WINDOW_SECONDS_MAX = 86_400
const DRAWS_MAX = 1_000_000
const RULES_PER_SCOPE_MAX = 10
/** The decision script keeps four windows for a participant: two of the tenant's and two of the campaign's. */
const PARTICIPANT_RULES_PER_SCOPE_MAX = 2

/** The entry with its value in the one spelling that is stored and compared. `path` names the input in errors. */
export function validEntry(input: RiskEntryInput, path: string): RiskEntryInput {
  if (input.campaignId !== null && !isUuid(input.campaignId)) throw badInput(`${path}.campaignId`, 'is no campaign')
  const reason = input.reason.trim()
  if (reason.length < 1 || reason.length > REASON_LENGTH_MAX) throw badInput(`${path}.reason`, `must be 1 to ${REASON_LENGTH_MAX} characters`, 'NAME', { max: REASON_LENGTH_MAX })
  // A NUL cannot be stored, and a lone half of a surrogate pair is no text.
  if (reason.includes('\u0000') || !reason.isWellFormed()) throw badInput(`${path}.reason`, 'must be plain text', 'NAME', { max: REASON_LENGTH_MAX })
  if (input.subject === 'IP') {
    const range = parseRange(input.value.trim())
    if (typeof range === 'string') throw badInput(`${path}.value`, range, 'IP_RANGE')
    return { ...input, value: formatRange(range), reason }
  }
  if (!isSafeId(input.value)) throw badInput(`${path}.value`, 'must be 1 to 128 characters, none of control and no braces', 'ID', { max: 128 })
  return { ...input, reason }
}

const written = (rules: readonly VelocityRuleInput[]) =>
  rules.map(({ subject, windowSeconds, drawsMax }) => `${subject} ${windowSeconds} ${drawsMax}`).sort()

/** Throws CONFLICT where these are others than expected; their order says nothing. */
export function checkSeenRules(rules: readonly VelocityRuleInput[], expected: readonly VelocityRuleInput[]): void {
  if (isDeepStrictEqual(written(rules), written(expected))) return
  throw movedMeanwhile('The rules have changed since this was asked for', ['rules'])
}

export function validRules(rules: readonly VelocityRuleInput[]): void {
  if (rules.length > RULES_PER_SCOPE_MAX) throw badInput('rules', `must be at most ${RULES_PER_SCOPE_MAX}`, 'AT_MOST', { max: RULES_PER_SCOPE_MAX })
  const names = new Set<string>()
  rules.forEach(({ subject, windowSeconds, drawsMax }, index) => {
    const path = `rules[${index}]`
    if (!Number.isInteger(windowSeconds) || windowSeconds < 1 || windowSeconds > WINDOW_SECONDS_MAX) {
      throw badInput(`${path}.windowSeconds`, `must be 1 to ${WINDOW_SECONDS_MAX}`, 'RANGE', { min: 1, max: WINDOW_SECONDS_MAX })
    }
    if (!Number.isInteger(drawsMax) || drawsMax < 1 || drawsMax > DRAWS_MAX) throw badInput(`${path}.drawsMax`, `must be 1 to ${DRAWS_MAX}`, 'RANGE', { min: 1, max: DRAWS_MAX })
    const name = `${subject}:${windowSeconds}`
    if (names.has(name)) throw badInput(`${path}.windowSeconds`, 'is the window of another rule for the same subject', 'WINDOW_TAKEN')
    names.add(name)
  })
  const participants = rules.filter(({ subject }) => subject === 'PARTICIPANT').length
  if (participants > PARTICIPANT_RULES_PER_SCOPE_MAX) throw badInput('rules', `may hold at most ${PARTICIPANT_RULES_PER_SCOPE_MAX} for participants`, 'PARTICIPANT_RULES', { max: PARTICIPANT_RULES_PER_SCOPE_MAX })
}
