import type { AttributeInput, ParticipantInput } from '../../generated/graphql.js'

/** As somebody types them to try an expression: words with commas between them. */
export interface TypedFacts {
  readonly tier: string
  readonly riskPool: string
  readonly segments: string
  /** `level=5, vip=true, city=Berlin`. */
  readonly attributes: string
}

const parts = (text: string): string[] => text.split(/[,\n]/).map((part) => part.trim()).filter((part) => part !== '')

function attributeOf(text: string): AttributeInput {
  const [name = '', ...rest] = text.split('=')
  const value = rest.join('=').trim()
  if (value === 'true' || value === 'false') return { name: name.trim(), boolean: value === 'true' }
  const quoted = /^"(.*)"$/.exec(value)?.[1]
  if (quoted === undefined && value !== '' && Number.isFinite(Number(value))) return { name: name.trim(), number: Number(value) }
  return { name: name.trim(), string: quoted ?? value }
}

export const factsOf = ({ tier, riskPool, segments, attributes }: TypedFacts): ParticipantInput => ({
  ...(tier.trim() === '' ? {} : { tier: tier.trim() }),
  ...(riskPool.trim() === '' ? {} : { riskPool: riskPool.trim() }),
  segments: parts(segments),
  attributes: parts(attributes).map(attributeOf),
})
