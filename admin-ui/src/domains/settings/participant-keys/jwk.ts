/** As the API takes them: an algorithm, the shape of its keys, and the members that such a key needs. */
const SHAPES = {
  ES256: { kty: 'EC', crv: 'P-256', members: ['x', 'y'] },
  RS256: { kty: 'RSA', crv: undefined, members: ['n', 'e'] },
  EdDSA: { kty: 'OKP', crv: 'Ed25519', members: ['x'] },
} as const
export const ALGORITHMS = Object.keys(SHAPES) as Algorithm[]
export type Algorithm = keyof typeof SHAPES
export type JwkProblem = 'notJson' | 'privateKey' | 'otherKind' | 'incomplete'

const SECRET_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

export function parsedJwk(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null
  } catch {
    return null
  }
}

/** The algorithm that a key is for; undefined: none of ours. */
export const algorithmOf = ({ kty, crv }: Record<string, unknown>): Algorithm | undefined =>
  ALGORITHMS.find((name) => SHAPES[name].kty === kty && (SHAPES[name].crv === undefined || SHAPES[name].crv === crv))

/** What the API would refuse, found before it is sent: a private key is best never sent at all. */
export function jwkProblem(text: string, algorithm: Algorithm): JwkProblem | null {
  const jwk = parsedJwk(text)
  if (jwk === null) return 'notJson'
  if (SECRET_MEMBERS.some((member) => member in jwk)) return 'privateKey'
  if (algorithmOf(jwk) !== algorithm) return 'otherKind'
  return SHAPES[algorithm].members.every((member) => typeof jwk[member] === 'string') ? null : 'incomplete'
}
