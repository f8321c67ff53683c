import {
  getOperationAST, GraphQLError, OperationTypeNode, parse, specifiedRules, validate,
  type DocumentNode, type ExecutionArgs, type GraphQLSchema,
} from 'graphql'
import { documentRules, TOKENS_MAX } from '../graphql/document-limits.js'

const ERRORS_MAX = 10
const RULES = [...specifiedRules, ...documentRules]

export interface OperationRequest {
  readonly query: string
  readonly operationName?: string | null | undefined
  readonly variables?: Record<string, unknown> | null | undefined
  readonly extensions?: Record<string, unknown> | null | undefined
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
  const errors = validate(schema, document, RULES, { maxErrors: ERRORS_MAX })
  if (errors.length > 0) return errors.map(({ message }) => mistake(message))
  return { schema, document, contextValue, operationName: request.operationName, variableValues: request.variables }
}

/** The request with the text that its `extensions.documentId` names; as it is where it names none, and null where there is no such text. */
export function withText(request: OperationRequest, documents: ReadonlyMap<string, string>): OperationRequest | null {
  const id = request.extensions?.documentId
  if (id === undefined || request.query !== '') return request
  const query = typeof id === 'string' ? documents.get(id) : undefined
  return query === undefined ? null : { ...request, query }
}

const mistake = (message: string) => new GraphQLError(message, { extensions: { code: 'BAD_USER_INPUT' } })
