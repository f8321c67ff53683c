import type { DrawInput } from '../../../generated/app.graphql.js'
import { isInt } from './selection.js'

const TEXTS = new Set(['campaignId', 'userId', 'idempotencyKey', 'deviceId', 'ip'])

/** A ParticipantInput as GraphQL coerces it; undefined where it refuses it. */
export type CoerceParticipant = (given: unknown) => DrawInput['participant'] | undefined

/**
 * A DrawInput as variables give it, where it needs no conversion: its texts are strings and its count is an integer. Null: it does, or
 * it is wrong, and the general way coerces or refuses it.
 */
export function plainInput(given: unknown, coerceParticipant: CoerceParticipant): DrawInput | null {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return null
  const input = given as Readonly<Record<string, unknown>>
  if (typeof input.campaignId !== 'string' || typeof input.idempotencyKey !== 'string') return null
  let participant: DrawInput['participant']
  for (const name in input) {
    const value = input[name]
    if (TEXTS.has(name)) {
      if (typeof value !== 'string' && !(value === null && name !== 'campaignId' && name !== 'idempotencyKey')) return null
    } else if (name === 'count') {
      if (!isInt(value)) return null
    } else if (name === 'participant' && value != null) {
      participant = coerceParticipant(value)
      if (participant === undefined) return null
    } else if (name !== 'participant') return null
  }
  // What says no more of the participant is used as it came.
  return participant === undefined ? (input as unknown as DrawInput) : { ...(input as unknown as DrawInput), participant }
}
