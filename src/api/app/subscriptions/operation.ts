import { getOperationAST, GraphQLError, OperationTypeNode, parse, validate, type DocumentNode, type ExecutionArgs, type GraphQLSchema } from 'graphql'

const TOKENS_MAX = 1_000
const ERRORS_MAX = 10

export interface OperationRequest {
  readonly query: string
  readonly operationName?: string | null | undefined
  readonly variables?: Record<string, unknown> | null | undefined
}

/** A subscription that can be run, or why it cannot: queries and mutations come by HTTP, where they are admitted and limited. */
export function subscriptionArgs(schema: GraphQLSchema, request: OperationRequest, contextValue: unknown): ExecutionArgs | GraphQLError[] {
  let document: DocumentNode
  try {
    document = parse(request.query, { maxTokens: TOKENS_MAX })
  } catch (error) {
    if (error instanceof GraphQLError) return [mistake(error.message)]
    throw error
  }
  const operation = getOperationAST(document, request.operationName)
  if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return [mistake('Send one subscription here, and everything else by POST')]
  const errors = validate(schema, document, undefined, { maxErrors: ERRORS_MAX })
  if (errors.length > 0) return errors.map(({ message }) => mistake(message))
  return { schema, document, contextValue, operationName: request.operationName, variableValues: request.variables }
}

const mistake = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
