import { badInput } from '../common/errors.js'
import { isFactsProblem, NO_FACTS, type ParticipantFacts, readFacts } from '../common/participant-facts.js'

interface AttributeInput {
  readonly name: string
  readonly string?: string | null
  readonly number?: number | null
  readonly boolean?: boolean | null
}

/** ParticipantInput of both schemas. */
interface FactsInput {
  readonly tier?: string | null
  readonly riskPool?: string | null
  readonly segments?: readonly string[] | null
  readonly attributes?: readonly AttributeInput[] | null
}

/** What a tenant's server, or an operator who tries a rule, says of a participant. Throws BAD_USER_INPUT under `field`. */
export function factsOf(given: FactsInput | null | undefined, field: string): ParticipantFacts {
  if (given == null) return NO_FACTS
  const attributes = given.attributes?.map(({ name, string, number, boolean }, n): [string, unknown] => {
    const [value, more] = [string, number, boolean].filter((one) => one != null)
    if (value === undefined || more !== undefined) throw badInput(`${field}.attributes[${n}]`, 'give one of string, number and boolean')
    return [name, value]
  })
  const facts = readFacts({ ...given, attributes: attributes ?? null })
  if (isFactsProblem(facts)) throw badInput(`${field}.${facts.path}`, facts.message)
  return facts
}
