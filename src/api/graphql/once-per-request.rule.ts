import { GraphQLError, Kind, type OperationDefinitionNode, OperationTypeNode, type SelectionSetNode, type ValidationContext, type ValidationRule } from 'graphql'

/**
 * Refuses a mutation that names one of `fields` more than once, by aliases or fragments: each is admitted, limited and
 * answered for itself.
 */
export function oncePerRequest(fields: readonly string[]): ValidationRule {
  const watched = new Set(fields)
  return (context) => ({
    OperationDefinition(operation: OperationDefinitionNode) {
      if (operation.operation !== OperationTypeNode.MUTATION) return
      if (count(operation.selectionSet, watched, context, new Map()) > 1) {
        context.reportError(new GraphQLError(`One request may contain one ${fields.join(' or ')}`, { nodes: operation }))
      }
    },
  })
}

/** Each fragment is counted once, so that fragments within fragments cannot make it slow; a circle is another rule's to report. */
function count(set: SelectionSetNode, watched: ReadonlySet<string>, context: ValidationContext, known: Map<string, number>): number {
  let found = 0
  for (const selection of set.selections) {
    if (selection.kind === Kind.FIELD) {
      if (watched.has(selection.name.value)) found++
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      found += count(selection.selectionSet, watched, context, known)
    } else {
      found += countFragment(selection.name.value, watched, context, known)
    }
  }
  return found
}

function countFragment(name: string, watched: ReadonlySet<string>, context: ValidationContext, known: Map<string, number>): number {
  const before = known.get(name)
  if (before !== undefined) return before
  known.set(name, 0)
  const fragment = context.getFragment(name)
  const found = fragment == null ? 0 : count(fragment.selectionSet, watched, context, known)
  known.set(name, found)
  return found
}
