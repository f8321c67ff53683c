import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core'
import { GraphQLSchemaHost } from '@nestjs/graphql'
import type { FastifyInstance } from 'fastify'
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import { CloseCode, handleProtocols, makeServer, type Context as SocketContext, type Server } from 'graphql-ws'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { newId } from '../../../common/ids.js'
import { AppError } from '../../../common/errors.js'
import { CONFIG, type RuntimeConfig } from '../../../config/config.module.js'
import { clientAddress, type ProxyTrust, proxyTrust } from '../../../platform/http/proxies.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import { runWithRequest } from '../../../platform/telemetry/request-context.js'
import { AppAuthenticator } from '../../auth/app-authenticator.js'
import type { GraphqlContext } from '../../auth/request-auth.js'
import { formatErrorWith } from '../../graphql/format-error.js'
import { expectedError } from '../../graphql/error-answer.js'
import { APP_PATH } from '../../graphql/graphql-http.js'
import { lineOf } from '../admission/address.js'
import { AdmissionService } from '../admission/admission.service.js'
import { type Connection, headersOf, pathOf } from './connection.js'
import { type OperationRequest, subscriptionArgs } from './operation.js'
import { Seats } from './seats.js'
import { serveSocket } from './socket.js'

const CONNECTIONS_MAX = 5_000
const CONNECTIONS_PER_TENANT_MAX = 2_000
/** Of one subscriber line, before they have said who they are: it costs nothing to open one. */
const UNPROVEN_PER_LINE_MAX = 20
const SUBSCRIPTIONS_PER_CONNECTION_MAX = 20
const MESSAGE_BYTES_MAX = 16_384
const INIT_WAIT_MS = 5_000
/** A credential that ended meanwhile ends its connections. */
const PROVE_AGAIN_MS = 30_000
const TOO_MANY_CONNECTIONS = 4429

type Socketed = SocketContext<Record<string, unknown>, Connection>

/**
 * Subscriptions of the tenants' API, over graphql-transport-ws on the path of its HTTP requests. Mounted by ourselves:
 * of the two GraphQL servers only this one has any.
 */
@Injectable()
export class SubscriptionServer implements OnApplicationBootstrap {
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false, handleProtocols })
  readonly #seats = new Seats({ max: CONNECTIONS_MAX, perHolderMax: CONNECTIONS_PER_TENANT_MAX })
  readonly #unproven = new Seats({ max: CONNECTIONS_MAX, perHolderMax: UNPROVEN_PER_LINE_MAX })
  readonly #connections = new Map<Connection, WebSocket>()
  readonly #trust: ProxyTrust | false
  readonly #format: ReturnType<typeof formatErrorWith>
  #server: Server<Connection> | undefined

  constructor(
    @Inject(CONFIG) config: RuntimeConfig,
    private readonly host: HttpAdapterHost,
    private readonly modules: ModulesContainer,
    private readonly authenticator: AppAuthenticator,
    private readonly admission: AdmissionService,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {
    this.#format = formatErrorWith(logger)
    this.#trust = proxyTrust(config.trustProxy)
  }

  onApplicationBootstrap(): void {
    const schema = this.#schema()
    this.#server = makeServer<Record<string, unknown>, Connection>({
      connectionInitWaitTimeout: INIT_WAIT_MS,
      onConnect: (socketed) => this.#connect(socketed),
      onSubscribe: (socketed, _id, payload) => this.#subscribe(schema, socketed, payload),
      onNext: (_socketed, _id, _payload, { contextValue }, result) => (result.errors === undefined ? undefined
        : { ...result, errors: this.#told(result.errors, contextValue) as unknown as GraphQLError[] }),
      onError: (_socketed, _id, _payload, errors) => this.#told(errors, undefined),
    })
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>()
    fastify.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => { this.#upgrade(request, socket, head) })
    const proving = setInterval(() => void this.#proveAgain(), PROVE_AGAIN_MS).unref()
    // Before the HTTP server waits for its connections to end.
    fastify.addHook('preClose', (done) => {
      clearInterval(proving)
      for (const socket of this.#sockets.clients) socket.close(1001, 'The server is going away')
      setTimeout(() => { for (const socket of this.#sockets.clients) socket.terminate() }, 1_000).unref()
      done()
    })
  }

  #schema(): GraphQLSchema {
    for (const module of this.modules.values()) {
      const host = module.providers.get(GraphQLSchemaHost)?.instance as GraphQLSchemaHost | undefined
      if (host?.schema.getSubscriptionType() != null) return host.schema
    }
    throw new Error('No GraphQL schema has subscriptions')
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => { socket.destroy() })
    if (pathOf(request) !== APP_PATH) return refuseUpgrade(socket, '404 Not Found')
    if (this.#sockets.clients.size >= CONNECTIONS_MAX) {
      this.#refuse('OVERLOADED')
      return refuseUpgrade(socket, '503 Service Unavailable', 'Retry-After: 5\r\n')
    }
    const ip = clientAddress(request, this.#trust)
    const proven = this.#unproven.take(lineOf(ip))
    if (proven === null) {
      this.#refuse('RATE_LIMITED')
      return refuseUpgrade(socket, '429 Too Many Requests', 'Retry-After: 5\r\n')
    }
    socket.once('close', proven)
    this.#sockets.handleUpgrade(request, socket, head, (opened) => { this.#open(opened, { headers: request.headers, ip, proven }) })
  }

  #open(socket: WebSocket, connection: Connection): void {
    this.#connections.set(connection, socket)
    serveSocket(this.#server!, socket, connection, {
      onFailure: (error) => { this.logger.error({ err: error }, 'A WebSocket message failed unexpectedly') },
      onClose: () => {
        this.#connections.delete(connection)
        connection.leave?.()
      },
    })
  }

  /** False closes with 4403. */
  async #connect({ connectionParams, extra: connection }: Socketed): Promise<boolean> {
    connection.headers = headersOf(connectionParams) ?? connection.headers
    try {
      const auth = await this.authenticator.authenticate(connection.headers)
      const leave = this.#connections.has(connection) ? this.#seats.take(auth.tenantId) : null
      if (leave === null) {
        this.#refuse('OVERLOADED')
        this.#connections.get(connection)?.close(TOO_MANY_CONNECTIONS, 'Too many connections')
        return false
      }
      connection.leave = leave
      connection.auth = auth
      connection.proven()
      return true
    } catch (error) {
      const expected = expectedError(error)
      if (expected === null) throw error
      this.#refuse(expected.code)
      if (expected.code !== 'UNAUTHENTICATED') this.#connections.get(connection)?.close(CloseCode.InternalServerError, 'Not available for a moment')
      return false
    }
  }

  #subscribe(schema: GraphQLSchema, { extra: { headers, ip, auth }, subscriptions }: Socketed, payload: OperationRequest) {
    // The one that asks is among them.
    if (Object.keys(subscriptions).length > SUBSCRIPTIONS_PER_CONNECTION_MAX) {
      this.#refuse('RATE_LIMITED')
      return [asGraphqlError(new AppError('RATE_LIMITED', `A connection may have ${SUBSCRIPTIONS_PER_CONNECTION_MAX} subscriptions`, { retryAfterMs: 1_000 }))]
    }
    try {
      this.admission.admit(auth!, ip)
    } catch (error) {
      if (error instanceof AppError) return [asGraphqlError(error)]
      throw error
    }
    const context: GraphqlContext = { req: { headers, ip, id: newId(), drawbridge: { auth: auth! } } }
    return subscriptionArgs(schema, payload, context)
  }

  /** As an HTTP answer would word them. */
  #told(errors: readonly GraphQLError[], contextValue: unknown): GraphQLFormattedError[] {
    const requestId = (contextValue as GraphqlContext | undefined)?.req.id ?? newId()
    const told = () => errors.map((error) => this.#format(error.toJSON(), error.originalError ?? error))
    return runWithRequest({ requestId, traceParent: null }, told)
  }

  /** Never fails. */
  async #proveAgain(): Promise<void> {
    for (const [connection, socket] of this.#connections) {
      if (connection.auth === undefined) continue
      try {
        connection.auth = await this.authenticator.authenticate(connection.headers)
      } catch (error) {
        // While it cannot be told, what was true is believed.
        if (error instanceof AppError && error.code === 'UNAUTHENTICATED') socket.close(CloseCode.Forbidden, 'The credentials have ended')
      }
    }
  }

  #refuse(code: string): void {
    this.metrics.refusals.inc({ code })
  }
}

const asGraphqlError = (error: AppError) => new GraphQLError(error.message, { originalError: error, extensions: { code: error.code } })

function refuseUpgrade(socket: Duplex, status: string, headers = ''): void {
  socket.end(`HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`)
}
