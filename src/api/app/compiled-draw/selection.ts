import {
  type FragmentDefinitionNode, getNamedType, getNullableType, type GraphQLLeafType, type GraphQLObjectType, type GraphQLOutputType,
  type GraphQLSchema, isAbstractType, isEnumType, isLeafType, isListType, isNonNullType, isObjectType, isUnionType, Kind,
  type SelectionSetNode,
} from 'graphql'

/** What a value's general way must be taken for: a promise, a function, or something that its type does not allow. */
export const NOT_PLAIN = Symbol('not plain')

/** Completes a resolved value as GraphQL does, at once. NOT_PLAIN: only the general way knows what to answer. */
export type Writer = (value: unknown) => unknown

/** The operation has something that is not compiled. Nothing is wrong with it. */
export class NotCompiledError extends Error {}

type Source = Readonly<Record<string, unknown>>
type Collected = Map<string, { readonly name: string; readonly sets: SelectionSetNode[] }>
type Field = readonly [responseKey: string, name: string, write: Writer]

/**
 * Selections as functions, by the rules of execution (GraphQL October 2021, 6.3 and 6.4), for fields without arguments, directives and
 * resolvers of their own.
 */
export class SelectionCompiler {
  constructor(private readonly schema: GraphQLSchema, private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>) {}

  /** A value of that type under all of these selection sets. Throws NotCompiledError. */
  writer(type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Writer {
    if (isNonNullType(type)) {
      const inner = this.writer(type.ofType, sets)
      return (value) => (value == null ? NOT_PLAIN : inner(value))
    }
    const inner = this.#nullable(type, sets)
    return (value) => (value == null ? null : inner(value))
  }

  #nullable(type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Writer {
    const nullable = getNullableType(type)
    if (isListType(nullable)) return listWriter(this.writer(nullable.ofType as GraphQLOutputType, sets))
    if (isLeafType(nullable)) return leafWriter(nullable)
    if (isObjectType(nullable)) return this.#object(nullable, sets)
    if (isUnionType(nullable) && nullable.resolveType == null) return this.#union(nullable.getTypes(), sets)
    throw new NotCompiledError(`no writer for ${getNamedType(type).name}`)
  }

  /** As graphql-js resolves an abstract type by default: by the value's __typename. */
  #union(types: readonly GraphQLObjectType[], sets: readonly SelectionSetNode[]): Writer {
    const writers = new Map(types.map((type) => [type.name, this.#object(type, sets)]))
    return (value) => {
      const name = (value as Source).__typename
      const write = typeof name === 'string' ? writers.get(name) : undefined
      return write === undefined ? NOT_PLAIN : write(value)
    }
  }

  #object(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Writer {
    if (type.isTypeOf != null) throw new NotCompiledError(`${type.name} has an isTypeOf`)
    const fields = this.#fields(type, sets)
    return (value) => {
      if (typeof value !== 'object') return NOT_PLAIN
      const written: Record<string, unknown> = {}
      for (const [responseKey, name, write] of fields) {
        const one = write((value as Source)[name])
        if (one === NOT_PLAIN) return NOT_PLAIN
        written[responseKey] = one
      }
      return written
    }
  }

  #fields(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Field[] {
    const found: Collected = new Map()
    const seen = new Set<string>()
    for (const set of sets) this.#collect(type, set, found, seen)
    return [...found].map(([responseKey, { name, sets: own }]) => {
      if (responseKey === '__proto__') throw new NotCompiledError('a name that objects keep for themselves')
      if (name === '__typename') return [responseKey, name, () => type.name] as const
      const field = type.getFields()[name]
      if (field === undefined || isOwn(field.resolve)) throw new NotCompiledError(`${type.name}.${name} has a resolver of its own`)
      return [responseKey, name, this.writer(field.type, own)] as const
    })
  }

  #collect(type: GraphQLObjectType, set: SelectionSetNode, found: Collected, seen: Set<string>): void {
    for (const selection of set.selections) {
      if ((selection.directives?.length ?? 0) > 0) throw new NotCompiledError('a directive')
      if (selection.kind === Kind.FIELD) {
        if ((selection.arguments?.length ?? 0) > 0) throw new NotCompiledError('an argument')
        const key = selection.alias?.value ?? selection.name.value
        const known = found.get(key)
        const own = selection.selectionSet === undefined ? [] : [selection.selectionSet]
        if (known === undefined) found.set(key, { name: selection.name.value, sets: own })
        else known.sets.push(...own)
        continue
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : this.#fragment(selection.name.value, seen)
      if (fragment === null || !this.#applies(type, fragment.typeCondition?.name.value)) continue
      this.#collect(type, fragment.selectionSet, found, seen)
    }
  }

  /** Null: it has been collected, and says nothing twice. */
  #fragment(name: string, seen: Set<string>): FragmentDefinitionNode | null {
    if (seen.has(name)) return null
    seen.add(name)
    const fragment = this.fragments.get(name)
    if (fragment === undefined || (fragment.directives?.length ?? 0) > 0) throw new NotCompiledError('a fragment')
    return fragment
  }

  #applies(type: GraphQLObjectType, condition: string | undefined): boolean {
    if (condition === undefined || condition === type.name) return true
    const conditional = this.schema.getType(condition)
    return isAbstractType(conditional) && this.schema.isSubType(conditional, type)
  }
}

/** graphql-js' own default has this name; a schema may set it or leave it out. */
const isOwn = (resolve: unknown): boolean => typeof resolve === 'function' && resolve.name !== 'defaultFieldResolver'

function listWriter(write: Writer): Writer {
  return (value) => {
    if (!Array.isArray(value)) return NOT_PLAIN
    const written: unknown[] = []
    for (const item of value) {
      const one = write(item)
      if (one === NOT_PLAIN) return NOT_PLAIN
      written.push(one)
    }
    return written
  }
}

const INT_MAX = 2 ** 31 - 1
const INT_MIN = -(2 ** 31)
/** GraphQL's Int: 32 bits. */
export const isInt = (value: unknown): boolean => Number.isInteger(value) && (value as number) <= INT_MAX && (value as number) >= INT_MIN

/** What needs no conversion is written as it is. */
function leafWriter(type: GraphQLLeafType): Writer {
  const plain = (isPlain: (value: unknown) => boolean): Writer => (value) => (isPlain(value) ? value : NOT_PLAIN)
  if (type.name === 'ID' || type.name === 'String') return plain((value) => typeof value === 'string')
  if (type.name === 'Boolean') return plain((value) => typeof value === 'boolean')
  if (type.name === 'Int') return plain(isInt)
  if (isEnumType(type)) {
    const names = new Set(type.getValues().filter(({ name, value }) => name === value).map(({ name }) => name))
    return plain((value) => typeof value === 'string' && names.has(value))
  }
  return (value) => {
    if (typeof value === 'function' || typeof (value as { then?: unknown }).then === 'function') return NOT_PLAIN
    try {
      return type.serialize(value) ?? NOT_PLAIN
    } catch {
      return NOT_PLAIN
    }
  }
}
