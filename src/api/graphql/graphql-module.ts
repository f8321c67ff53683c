import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo'
import type { DynamicModule, Type } from '@nestjs/common'
import { GraphQLModule } from '@nestjs/graphql'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { packageRoot } from '../../platform/package-root.js'
import type { Logger } from '../../platform/telemetry/logger.js'
import type { GraphqlContext } from '../auth/request-auth.js'
import { DateTimeScalar } from './date-time.scalar.js'
import { documentPlugins, documentRules, TOKENS_MAX } from './document-limits.js'
import { featuresOffPlugin } from './features-off.js'
import { formatErrorWith } from './format-error.js'
import { httpStatusPlugin } from './http-status.plugin.js'
import { oncePerRequest } from './once-per-request.rule.js'
import { subscriptionsBySocket } from './subscriptions-by-socket.plugin.js'

export interface ApiOptions {
  readonly path: string
  /** In schema/. */
  readonly schemaFile: string
  /** The module whose resolvers serve it. */
  readonly include: Type
  /** Mutations of which one request may contain one. */
  readonly onceFields: readonly string[]
  readonly logger: Logger
}

/** One of the two APIs: schema first, limits on every document, errors as error-answer.ts words them. */
export function graphqlApi({ path, schemaFile, include, onceFields, logger }: ApiOptions): DynamicModule {
  return GraphQLModule.forRoot<ApolloDriverConfig>({
    driver: ApolloDriver,
    path,
    include: [include],
    typeDefs: readFileSync(join(packageRoot, 'schema', schemaFile), 'utf8'),
    resolvers: { DateTime: DateTimeScalar },
    context: (req: FastifyRequest, reply: FastifyReply): GraphqlContext => ({ req, reply }),
    formatError: formatErrorWith(logger),
    validationRules: [...documentRules, oncePerRequest(onceFields)],
    plugins: [...documentPlugins, subscriptionsBySocket, httpStatusPlugin, featuresOffPlugin, ApolloServerPluginCacheControlDisabled()],
    parseOptions: { maxTokens: TOKENS_MAX },
    introspection: true,
    graphiql: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    autoTransformHttpErrors: false,
    preserveHttpStatusForExecutionErrors: false,
    stopOnTerminationSignals: false,
    logger: {
      debug: (text) => { logger.debug(text) },
      info: (text) => { logger.debug(text) },
      warn: (text) => { logger.warn(text) },
      error: (text) => { logger.error(text) },
    },
  })
}
