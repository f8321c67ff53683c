import { createPublicKey } from 'node:crypto'
import { badInput } from '../../../common/errors.js'

export const PARTICIPANT_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const
export type ParticipantAlgorithm = (typeof PARTICIPANT_ALGORITHMS)[number]

export const isParticipantAlgorithm = (text: string): text is ParticipantAlgorithm =>
  (PARTICIPANT_ALGORITHMS as readonly string[]).includes(text)

const SHAPES: Record<ParticipantAlgorithm, { kty: string; crv?: string; members: readonly string[] }> = {
  ES256: { kty: 'EC', crv: 'P-256', members: ['x', 'y'] },
  RS256: { kty: 'RSA', members: ['n', 'e'] },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', members: ['x'] },
}
const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']
const JWK_CHARACTERS_MAX = 4_096
const RSA_BITS_MIN = 2_048
const RSA_BITS_MAX = 4_096 // a longer one costs every verification more than it gives
const JWK_FIELD = 'publicJwk'

export type PublicJwk = Readonly<Record<string, string>>

function parse(text: string): Record<string, unknown> {
  if (text.length > JWK_CHARACTERS_MAX) throw badInput(JWK_FIELD, `must be at most ${JWK_CHARACTERS_MAX} characters`, 'TEXT', { max: JWK_CHARACTERS_MAX })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw badInput(JWK_FIELD, 'must be a JSON Web Key (RFC 7517) as JSON', 'KEY_NOT_JWK')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw badInput(JWK_FIELD, 'must be one JSON Web Key, an object', 'KEY_NOT_JWK')
  return value as Record<string, unknown>
}

/**
 * Checks a tenant's public key for one algorithm and returns its public members alone.
 * Throws BAD_USER_INPUT naming what is wrong; a private key is refused, so that nobody makes a habit of sending it.
 */
export function readPublicJwk(text: string, algorithm: ParticipantAlgorithm): PublicJwk {
  const given = parse(text)
  const shape = SHAPES[algorithm]
  if (SECRET_MEMBERS.some((member) => member in given)) throw badInput(JWK_FIELD, 'holds a private key: send the public one, and replace this one, since it has been shown', 'KEY_PRIVATE')
  if (given.kty !== shape.kty) throw badInput(JWK_FIELD, `${algorithm} needs kty "${shape.kty}"`, 'KEY_OF_ANOTHER_KIND', { algorithm })
  if (shape.crv !== undefined && given.crv !== shape.crv) throw badInput(JWK_FIELD, `${algorithm} needs crv "${shape.crv}"`, 'KEY_OF_ANOTHER_KIND', { algorithm })
  if (given.alg !== undefined && given.alg !== algorithm) throw badInput(JWK_FIELD, `its alg is not ${algorithm}`, 'KEY_OF_ANOTHER_KIND', { algorithm })
  if (given.use !== undefined && given.use !== 'sig') throw badInput(JWK_FIELD, 'its use is not "sig"', 'KEY_OF_ANOTHER_KIND', { algorithm })
  const jwk: Record<string, string> = { kty: shape.kty, ...(shape.crv === undefined ? {} : { crv: shape.crv }) }
  for (const member of shape.members) {
    const value = given[member]
    if (typeof value !== 'string' || !/^[0-9A-Za-z_-]+$/.test(value)) throw badInput(JWK_FIELD, `${member} is missing or not base64url`, 'KEY_NOT_JWK')
    jwk[member] = value
  }
  let bits: number | undefined
  try {
    bits = createPublicKey({ key: jwk, format: 'jwk' }).asymmetricKeyDetails?.modulusLength
  } catch {
    throw badInput(JWK_FIELD, `is not a key for ${algorithm}`, 'KEY_OF_ANOTHER_KIND', { algorithm })
  }
  if (algorithm === 'RS256' && (bits === undefined || bits < RSA_BITS_MIN || bits > RSA_BITS_MAX)) {
    throw badInput(JWK_FIELD, `its modulus must have ${RSA_BITS_MIN} to ${RSA_BITS_MAX} bits`, 'KEY_BITS', { min: RSA_BITS_MIN, max: RSA_BITS_MAX })
  }
  return jwk
}
