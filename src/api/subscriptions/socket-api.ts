import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema } from 'graphql'
import { CloseCode, handleProtocols, makeServer, type Context as SocketContext, type Server } from 'graphql-ws'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { newId } from '../../common/ids.js'
import { AppError, badInput } from '../../common/errors.js'
import type { Logger } from '../../platform/telemetry/logger.js'
import type { Metrics } from '../../platform/telemetry/metrics.js'
import { runWithRequest } from '../../platform/telemetry/request-context.js'
import { lineOf } from '../address.js'
import type { GraphqlContext } from '../auth/request-auth.js'
import { formatErrorWith } from '../graphql/format-error.js'
import { expectedError } from '../graphql/error-answer.js'
import { type Connection, credentialOf, headersOf, type SocketAuth } from './connection.js'
import { type OperationRequest, subscriptionArgs, withText } from './operation.js'
import { Seats } from './seats.js'
import { serveSocket } from './socket.js'
import type { SocketRules } from './socket-rules.js'
import { refuseUpgrade } from './upgrade.js'

/** Of one subscriber line, before they have said who they are: it costs nothing to open one. */
const UNPROVEN_PER_LINE_MAX = 20
const MESSAGE_BYTES_MAX = 16_384
const INIT_WAIT_MS = 5_000
const TERMINATE_MS = 1_000
const TOO_MANY_CONNECTIONS = 4429
const GOING_AWAY = 1001

type Socketed<Auth extends SocketAuth> = SocketContext<Record<string, unknown>, Connection<Auth>>

/** The WebSockets of one of the two APIs, over graphql-transport-ws, under that API's rules. */
export class SocketApi<Auth extends SocketAuth> {
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: MESSAGE_BYTES_MAX, perMessageDeflate: false, handleProtocols })
  readonly #seats: Seats
  readonly #unproven: Seats
  readonly #connections = new Map<Connection<Auth>, WebSocket>()
  readonly #format: ReturnType<typeof formatErrorWith>
  readonly #server: Server<Connection<Auth>>
  readonly #timer: NodeJS.Timeout
  #proving = false

  constructor(
    readonly rules: SocketRules<Auth>,
    private readonly schema: GraphQLSchema,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {
    this.#format = formatErrorWith(logger)
    this.#seats = new Seats({ max: rules.connectionsMax, perHolderMax: rules.connectionsPerTenantMax })
    this.#unproven = new Seats({ max: rules.connectionsMax, perHolderMax: UNPROVEN_PER_LINE_MAX })
    this.#server = makeServer<Record<string, unknown>, Connection<Auth>>({
      connectionInitWaitTimeout: INIT_WAIT_MS,
      onConnect: (socketed) => this.#connect(socketed),
      onSubscribe: (socketed, _id, payload) => this.#subscribe(socketed, payload),
      onNext: (_socketed, _id, _payload, { contextValue }, result) => (result.errors === undefined ? undefined
        : { ...result, errors: this.#told(result.errors, contextValue) as unknown as GraphQLError[] }),
      onError: (_socketed, _id, _payload, errors) => this.#told(errors, undefined),
    })
    this.#timer = setInterval(() => void this.#proveAgain(), rules.proveAgainMs).unref()
  }

  get open(): number {
    return this.#connections.size
  }

  get subscriptions(): number {
    let sum = 0
    for (const { subscriptions } of this.#connections.keys()) sum += subscriptions?.() ?? 0
    return sum
  }

  /** Makes a WebSocket of the request, or refuses it. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, ip: string): void {
    try {
      this.rules.admit?.(request.headers)
    } catch (error) {
      if (!(error instanceof AppError)) throw error
      this.#refuse(error.code)
      return refuseUpgrade(socket, '403 Forbidden')
    }
    if (this.#sockets.clients.size >= this.rules.connectionsMax) {
      this.#refuse('OVERLOADED')
      return refuseUpgrade(socket, '503 Service Unavailable', 'Retry-After: 5\r\n')
    }
    const proven = this.#unproven.take(lineOf(ip))
    if (proven === null) {
      this.#refuse('RATE_LIMITED')
      return refuseUpgrade(socket, '429 Too Many Requests', 'Retry-After: 5\r\n')
    }
    socket.once('close', proven)
    this.#sockets.handleUpgrade(request, socket, head, (opened) => { this.#open(opened, { headers: request.headers, ip, proven }) })
  }

  /** Ends every connection: before the HTTP server waits for that. */
  close(): void {
    clearInterval(this.#timer)
    for (const socket of this.#sockets.clients) socket.close(GOING_AWAY, 'The server is going away')
    setTimeout(() => { for (const socket of this.#sockets.clients) socket.terminate() }, TERMINATE_MS).unref()
  }

  #open(socket: WebSocket, connection: Connection<Auth>): void {
    const { lifeMsMax } = this.rules
    const life = lifeMsMax === undefined ? undefined : setTimeout(() => { socket.close(GOING_AWAY, 'Open another') }, lifeMsMax).unref()
    this.#connections.set(connection, socket)
    serveSocket(this.#server, socket, connection, {
      onFailure: (error) => { this.logger.error({ err: error }, 'A WebSocket message failed unexpectedly') },
      onClose: () => {
        clearTimeout(life)
        this.#connections.delete(connection)
        connection.leave?.()
      },
    })
  }

  /** False closes with 4403. */
  async #connect(socketed: Socketed<Auth>): Promise<boolean> {
    const { connectionParams, extra: connection } = socketed
    connection.headers = headersOf(connectionParams) ?? connection.headers
    try {
      const auth = await this.rules.authenticate(connection.headers)
      const leave = this.#connections.has(connection) ? this.#seats.take(auth.tenantId) : null
      if (leave === null) {
        this.#refuse('OVERLOADED')
        this.#connections.get(connection)?.close(TOO_MANY_CONNECTIONS, 'Too many connections')
        return false
      }
      connection.leave = leave
      connection.auth = auth
      connection.subscriptions = () => Object.keys(socketed.subscriptions).length
      connection.proven()
      return true
    } catch (error) {
      const expected = expectedError(error)
      if (expected === null) throw error
      this.#refuse(expected.code)
      const isWrong = expected.code === 'UNAUTHENTICATED' || expected.code === 'FORBIDDEN'
      if (!isWrong) this.#connections.get(connection)?.close(CloseCode.InternalServerError, 'Not available for a moment')
      return false
    }
  }

  #subscribe({ extra: connection, subscriptions }: Socketed<Auth>, payload: OperationRequest) {
    const { subscriptionsPerConnectionMax: max, mayAsk, documents, contextOf } = this.rules
    const auth = connection.auth!
    try {
      // The one that asks is among them.
      if (Object.keys(subscriptions).length > max) {
        this.#refuse('RATE_LIMITED')
        throw new AppError('RATE_LIMITED', `A connection may have ${max} subscriptions`, { retryAfterMs: 1_000 })
      }
      mayAsk?.(auth, connection.ip)
      const request = documents === undefined ? payload : withText(payload, documents())
      if (request === null) throw badInput('documentId', 'names no operation of this version of the dashboard')
      return subscriptionArgs(this.schema, request, contextOf(connection, auth, newId()))
    } catch (error) {
      if (error instanceof AppError) return [asGraphqlError(error)]
      throw error
    }
  }

  /** As an HTTP answer would word them. */
  #told(errors: readonly GraphQLError[], contextValue: unknown): GraphQLFormattedError[] {
    const requestId = (contextValue as GraphqlContext | undefined)?.req.id ?? newId()
    const told = () => errors.map((error) => this.#format(error.toJSON(), error.originalError ?? error))
    return runWithRequest({ requestId, traceParent: null }, told)
  }

  /** Never fails. One question for all connections of one credential, and one round at a time. */
  async #proveAgain(): Promise<void> {
    if (this.#proving) return
    this.#proving = true
    const asked = new Map<string, Promise<Auth | 'ended' | 'unknown'>>()
    for (const [connection, socket] of this.#connections) {
      if (connection.auth === undefined) continue
      const credential = credentialOf(connection.headers)
      let answer = asked.get(credential)
      if (answer === undefined) asked.set(credential, answer = this.#whoIsIt(connection))
      const now = await answer
      // While it cannot be told, what was true is believed.
      if (now === 'unknown') continue
      if (now === 'ended' || !this.rules.isUnchanged(connection.auth, now)) socket.close(CloseCode.Forbidden, 'The credentials have ended')
      else connection.auth = now
    }
    this.#proving = false
  }

  async #whoIsIt({ headers }: Connection<Auth>): Promise<Auth | 'ended' | 'unknown'> {
    try {
      return await this.rules.authenticate(headers)
    } catch (error) {
      return error instanceof AppError && error.code === 'UNAUTHENTICATED' ? 'ended' : 'unknown'
    }
  }

  #refuse(code: string): void {
    this.metrics.refusals.inc({ code })
  }
}

const asGraphqlError = (error: AppError) => new GraphQLError(error.message, { originalError: error, extensions: { code: error.code } })
