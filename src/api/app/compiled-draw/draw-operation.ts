import { type DocumentNode, type FragmentDefinitionNode, type GraphQLSchema, Kind, type OperationDefinitionNode, OperationTypeNode } from 'graphql'
import { NOT_PLAIN, NotCompiledError, SelectionCompiler, type Writer } from './selection.js'

/** `mutation ($name: DrawInput!) { draw(input: $name) { … } }`, as a function of what the resolver answers. */
export interface DrawOperation {
  /** The variable that holds the input. */
  readonly variable: string
  /** The whole body of the answer; null where only the general way knows it. */
  readonly write: (payload: unknown) => string | null
}

/** Null where the operation is anything but that: it goes on the general way. The document must have been validated. */
export function compileDraw(schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode): DrawOperation | null {
  const [field, ...more] = operation.selectionSet.selections
  const [variable, ...others] = operation.variableDefinitions ?? []
  if (operation.operation !== OperationTypeNode.MUTATION || more.length > 0 || others.length > 0 || hasDirectives(operation)) return null
  if (field?.kind !== Kind.FIELD || field.name.value !== 'draw' || hasDirectives(field) || field.selectionSet === undefined) return null
  if (variable === undefined || variable.defaultValue !== undefined || hasDirectives(variable)) return null
  const { type } = variable
  if (type.kind !== Kind.NON_NULL_TYPE || type.type.kind !== Kind.NAMED_TYPE || type.type.name.value !== 'DrawInput') return null
  const [argument, ...arguments_] = field.arguments ?? []
  if (argument?.name.value !== 'input' || arguments_.length > 0) return null
  if (argument.value.kind !== Kind.VARIABLE || argument.value.name.value !== variable.variable.name.value) return null
  const drawType = schema.getMutationType()?.getFields().draw?.type
  const responseKey = field.alias?.value ?? 'draw'
  if (drawType === undefined || responseKey === '__proto__') return null
  const fragments = new Map(document.definitions.filter((node): node is FragmentDefinitionNode => node.kind === Kind.FRAGMENT_DEFINITION)
    .map((fragment) => [fragment.name.value, fragment]))
  try {
    const write = new SelectionCompiler(schema, fragments).writer(drawType, [field.selectionSet])
    return { variable: variable.variable.name.value, write: bodyWriter(responseKey, write) }
  } catch (error) {
    if (error instanceof NotCompiledError) return null
    throw error
  }
}

const hasDirectives = ({ directives }: { readonly directives?: readonly unknown[] | undefined }) => (directives?.length ?? 0) > 0

/** Apollo ends a body with a line feed. */
function bodyWriter(responseKey: string, write: Writer): DrawOperation['write'] {
  const begin = `{"data":{${JSON.stringify(responseKey)}:`
  return (payload) => {
    const written = write(payload)
    return written === NOT_PLAIN ? null : `${begin}${JSON.stringify(written)}}}\n`
  }
}
