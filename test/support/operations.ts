import { readFileSync } from 'node:fs'
import {
  buildSchema, getNamedType, isCompositeType, isEnumType, isInputObjectType, isListType, isNonNullType,
  type GraphQLInputType, type GraphQLObjectType,
} from 'graphql'

export interface Operation {
  readonly kind: 'query' | 'mutation' | 'subscription'
  readonly field: string
  /** A document that runs it with arguments that are valid and name nothing that exists. */
  readonly document: string
}

const NOBODYS_ID = '"00000000-0000-7000-8000-000000000000"'
const LITERALS: Record<string, string> = { ID: NOBODYS_ID, String: '"x"', Int: '1', Float: '1', Boolean: 'false', DateTime: '"2030-01-01T00:00:00Z"' }

function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType)
  if (isListType(type)) return '[]'
  if (isEnumType(type)) return type.getValues()[0]!.name
  if (isInputObjectType(type)) {
    const required = Object.values(type.getFields()).filter((field) => isNonNullType(field.type) && field.defaultValue === undefined)
    return `{ ${required.map((field) => `${field.name}: ${literal(field.type)}`).join(', ')} }`
  }
  return LITERALS[type.name] ?? '"x"'
}

function operationsOf(kind: Operation['kind'], root: GraphQLObjectType | null | undefined): Operation[] {
  return Object.values(root?.getFields() ?? {}).map((field) => {
    const required = field.args.filter(({ type, defaultValue }) => isNonNullType(type) && defaultValue === undefined)
    const args = required.length === 0 ? '' : `(${required.map(({ name, type }) => `${name}: ${literal(type)}`).join(', ')})`
    const selection = isCompositeType(getNamedType(field.type)) ? ' { __typename }' : ''
    return { kind, field: field.name, document: `${kind} { ${field.name}${args}${selection} }` }
  })
}

/** Every operation of one of the served schemas. */
export function operationsIn(api: 'app' | 'admin'): Operation[] {
  const schema = buildSchema(readFileSync(new URL(`../../schema/${api}.graphql`, import.meta.url), 'utf8'))
  return [
    ...operationsOf('query', schema.getQueryType()),
    ...operationsOf('mutation', schema.getMutationType()),
    ...operationsOf('subscription', schema.getSubscriptionType()),
  ]
}
