import type { ApolloServerPlugin } from '@apollo/server'
import { ApolloArmor } from '@escape.tech/graphql-armor'
import type { ValidationRule } from 'graphql'

/** Of a document, not of its answer; checked once for each document that the server keeps. */
export const TOKENS_MAX = 1_000
const limits = {
  blockFieldSuggestion: { enabled: false },
  maxDepth: { n: 10 },
  maxAliases: { n: 15 },
  maxTokens: { enabled: false }, // the parser's own limit is exact and stops at once
  maxDirectives: { n: 20 },
  costLimit: { maxCost: 5_000, objectCost: 2, scalarCost: 1, depthCostFactor: 1.5, ignoreIntrospection: true },
}

const armor = new ApolloArmor(limits).protect()

/** How deep, wide and costly a document may be, by whichever way it comes. */
export const documentRules: readonly ValidationRule[] = armor.validationRules
// It is CommonJS and names the same types by another path.
export const documentPlugins = armor.plugins as unknown as readonly ApolloServerPlugin[]
