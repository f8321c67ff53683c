import type { ApolloServerPlugin, BaseContext, GraphQLRequestListener, GraphQLServerContext } from '@apollo/server'
import { Plugin } from '@nestjs/apollo'
import { Inject, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost, Reflector } from '@nestjs/core'
import type { IncomingMessage } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { coerceInputValue, type GraphQLSchema, isInputObjectType } from 'graphql'
import { LRUCache } from 'lru-cache'
import type { DrawInput } from '../../../generated/app.graphql.js'
import { CONFIG, type RuntimeConfig } from '../../../config/config.module.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import { ACCESS, type Access, TEST_KEYS } from '../../auth/access.js'
import { admitCaller, contextOfCaller } from '../../auth/caller-context.js'
import type { AppAuth, AuthRequest } from '../../auth/request-auth.js'
import { APP_PATH } from '../../graphql/graphql-http.js'
import { DrawResolver } from '../draw.resolver.js'
import { BegunDraws } from './begun-draws.js'
import { type CoerceParticipant, plainInput } from './draw-input.js'
import { compileDraw, type DrawOperation } from './draw-operation.js'

const OPERATIONS_MAX = 1_000
const OPERATION_CHARACTERS_MAX = 1_000_000

/** By Accept, what Apollo answers with; of any other the general way knows. */
const CONTENT_TYPES = new Map<string | undefined, string>([
  [undefined, 'application/json; charset=utf-8'],
  ['*/*', 'application/json; charset=utf-8'],
  ['application/json', 'application/json; charset=utf-8'],
  ['application/graphql-response+json', 'application/graphql-response+json; charset=utf-8'],
  ['application/graphql-response+json, application/json', 'application/graphql-response+json; charset=utf-8'],
])

/** A request that has a compiled operation, with its input. */
export interface Found { readonly operation: DrawOperation; readonly input: DrawInput }
type AppAccess = Extract<Access, { api: 'app' }>

/**
 * The short way of a draw: an operation that Apollo has parsed, checked and answered before, with variables that need no conversion, is
 * run by a function that was made of it. Guards, resolver and body are those of the general way, and whatever is not plain goes that
 * way too: refusals, errors, and values that are not there yet (ADR 31).
 */
@Plugin()
export class CompiledDraws implements ApolloServerPlugin, OnModuleInit {
  readonly #operations = new LRUCache<string, DrawOperation>({
    max: OPERATIONS_MAX, maxSize: OPERATION_CHARACTERS_MAX, sizeCalculation: (_, text) => text.length,
  })
  #schema: GraphQLSchema | undefined
  #coerceParticipant: CoerceParticipant = () => undefined

  readonly #access: AppAccess | null
  readonly #testKeysToo: boolean

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly host: HttpAdapterHost,
    private readonly resolver: DrawResolver,
    private readonly begun: BegunDraws,
    private readonly metrics: Metrics,
    reflector: Reflector,
  ) {
    const handler = DrawResolver.prototype.draw
    const access = reflector.get<Access | undefined>(ACCESS, handler)
    this.#access = access?.api === 'app' ? access : null
    this.#testKeysToo = reflector.get<true | undefined>(TEST_KEYS, handler) === true
  }

  onModuleInit(): void {
    if (!this.config.compiledDraws || this.#access === null) return
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>()
    // After everything that refuses: admission, rates, the body.
    fastify.addHook('preHandler', (request, reply, done) => { this.#enter(request, reply, done) })
  }

  async serverWillStart({ schema }: GraphQLServerContext): Promise<void> {
    this.#schema = schema
    const type = schema.getType('ParticipantInput')
    if (!isInputObjectType(type)) return
    this.#coerceParticipant = (given) => {
      let isRefused = false
      const coerced = coerceInputValue(given, type, () => { isRefused = true }) as DrawInput['participant']
      return isRefused ? undefined : coerced
    }
  }

  async requestDidStart(): Promise<GraphQLRequestListener<BaseContext>> {
    return {
      // Only what has passed all rules comes here.
      didResolveOperation: async ({ source, document, operation, request: { operationName } }) => {
        const text = textOf(source, operationName)
        if (operation === undefined || this.#schema === undefined || this.#operations.has(text)) return
        const compiled = compileDraw(this.#schema, document, operation)
        if (compiled !== null) this.#operations.set(text, compiled)
      },
    }
  }

  #enter(request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void): void {
    const auth = request.drawbridge?.auth
    if (auth === undefined || request.routeOptions.url !== APP_PATH || request.method !== 'POST') return done()
    const found = this.find(request.body)
    const contentType = found === null ? undefined : this.contentType(request.headers.accept)
    // What was begun at the door is answered on the general way.
    if (found === null || contentType === undefined || this.begun.has(request.raw)) return done()
    this.draw(auth, request, request.raw, found).then((body) => {
      if (body === null) done()
      else void reply.header('content-type', contentType).send(body)
    }, done)
  }

  /** Of the answers that Apollo gives; undefined: it would look closer, or refuse. */
  contentType(accept: string | undefined): string | undefined {
    return CONTENT_TYPES.get(accept)
  }

  find(body: unknown): Found | null {
    if (typeof body !== 'object' || body === null) return null
    const { query, operationName, variables, extensions } = body as Readonly<Record<string, unknown>>
    if (typeof query !== 'string' || extensions !== undefined) return null
    if (operationName != null && (typeof operationName !== 'string' || !NAME.test(operationName))) return null
    if (typeof variables !== 'object' || variables === null || Array.isArray(variables)) return null
    const operation = this.#operations.get(textOf(query, operationName))
    if (operation === undefined) return null
    const input = plainInput((variables as Readonly<Record<string, unknown>>)[operation.variable], this.#coerceParticipant)
    return input === null ? null : { operation, input }
  }

  /** The whole body; null: the general way is to answer, with the draw of this one where it has been begun. */
  async draw(auth: AppAuth, request: AuthRequest, raw: IncomingMessage, { operation, input }: Found): Promise<string | null> {
    const ctx = contextOfCaller(auth, request)
    try {
      admitCaller(ctx, this.#access!, this.#testKeysToo)
    } catch {
      return null
    }
    const payload = this.resolver.answer(ctx, input)
    try {
      const body = operation.write(await payload)
      if (body !== null) {
        this.metrics.compiledDraws.inc()
        return body
      }
    } catch {
      // Told on the general way.
    }
    this.begun.hand(raw, payload)
    return null
  }
}

/** A name has no zero character, so that the first one ends it. */
const textOf = (query: string, operationName: string | null | undefined): string => `${operationName ?? ''}\0${query}`
const NAME = /^[_A-Za-z]\w*$/
