import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyInstance } from 'fastify'
import type { AppError } from '../../../common/errors.js'
import { CONFIG, type RuntimeConfig } from '../../../config/config.module.js'
import { type ObservedRequest, requestIdOf, traceParentOf } from '../../../platform/http/fastify.js'
import { clientAddress, proxyTrust } from '../../../platform/http/proxies.js'
import { Readiness } from '../../../platform/http/readiness.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import { runWithRequest } from '../../../platform/telemetry/request-context.js'
import { areSpansRecorded } from '../../../platform/telemetry/tracing.js'
import { AppAuthenticator } from '../../auth/app-authenticator.js'
import type { AppAuth, Visit } from '../../auth/request-auth.js'
import { APP_PATH } from '../../graphql/graphql-http.js'
import { AdmissionService, REFUSAL_TYPE, tooManyRequests } from '../admission/admission.service.js'
import { mayDraw } from '../admission/draw-document.js'
import { CompiledDraws } from '../compiled-draw/compiled-draws.service.js'

const JSON_TYPE = /^application\/json(?:; ?charset=utf-8)?$/
const LENGTH = /^[1-9]\d{0,8}$/
/** What changes how a body is to be read, or that a browser asks of another origin. */
const UNUSUAL = ['expect', 'transfer-encoding', 'content-encoding', 'upgrade', 'origin'] as const
/** Fastify refuses such names in a body, wherever they stand. */
const POISON = /__proto__|constructor/

/** A request while it is at the door. */
interface Guest {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly observed: ObservedRequest
  readonly auth: AppAuth
  readonly visit: Visit
  readonly ip: string
  /** Of what it accepts. */
  readonly contentType: string
  body: Buffer
}

/**
 * Answers plain draws of callers who are known before Fastify sees them: admission, lanes and the compiled way are those of the general one, what
 * Fastify does around them is left out. Whatever is not plain goes on to Fastify, with what has been read of it (docs/adr/0043).
 */
@Injectable()
export class DrawDoor implements OnModuleInit {
  readonly #bodies = new WeakMap<IncomingMessage, Buffer>()
  readonly #trust: ReturnType<typeof proxyTrust>
  #fastify!: FastifyInstance
  #general!: RequestListener

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly host: HttpAdapterHost,
    private readonly authenticator: AppAuthenticator,
    private readonly admission: AdmissionService,
    private readonly compiled: CompiledDraws,
    private readonly readiness: Readiness,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {
    this.#trust = proxyTrust(config.trustProxy)
  }

  onModuleInit(): void {
    if (!this.config.compiledDraws) return
    this.#fastify = this.host.httpAdapter.getInstance<FastifyInstance>()
    const { server } = this.#fastify
    const [general] = server.listeners('request') as RequestListener[]
    if (general === undefined) return
    this.#general = general.bind(server)
    server.removeAllListeners('request')
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (!this.#serve(request, response)) this.#general(request, response)
    })
    this.#fastify.addHook('preParsing', (request, _reply, payload, done) => {
      const body = this.#bodies.get(request.raw)
      if (body === undefined) return done(null, payload)
      done(null, Object.assign(Readable.from([body], { objectMode: false }), { receivedEncodedLength: body.length }))
    })
  }

  /** False: it is not for this door, and nothing has been done about it. */
  #serve(request: IncomingMessage, response: ServerResponse): boolean {
    const { headers } = request
    if (request.url !== APP_PATH || request.method !== 'POST' || this.readiness.isStopping() || areSpansRecorded()) return false
    if (!JSON_TYPE.test(headers['content-type'] ?? '') || UNUSUAL.some((name) => headers[name] !== undefined)) return false
    const length = headers['content-length'] ?? ''
    if (!LENGTH.test(length) || Number(length) > this.config.bodyBytesMax) return false
    const contentType = this.compiled.contentType(headers.accept)
    const auth = contentType === undefined ? undefined : this.authenticator.authenticateKnown(headers)
    if (contentType === undefined || auth === undefined) return false
    const beganAt = performance.now()
    const observed: ObservedRequest = { requestId: requestIdOf(request), traceParent: traceParentOf(request), beganAt, span: null }
    const visit = this.admission.arrives(response)
    const guest = { request, response, observed, auth, contentType }
    if (visit === null) {
      this.#refuse(guest, tooManyRequests())
      return true
    }
    this.#enter({ ...guest, visit, ip: clientAddress(request, this.#trust), body: NOTHING })
    return true
  }

  #enter(guest: Guest): void {
    const { request, auth, observed } = guest
    const refused = this.admission.requests(guest)
    if (refused !== null) return this.#refuse(guest, refused, auth)
    this.admission.admitted(auth, observed)
    const { slowBodies } = this.#fastify
    slowBodies.expect(request, observed.beganAt)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => { chunks.push(chunk) })
    request.once('end', () => {
      slowBodies.arrived(request)
      guest.body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
      runWithRequest(observed, () => { this.#read(guest) })
    })
    // Broken off: its response closes, and with it the visit.
    request.once('error', () => { slowBodies.arrived(request) })
  }

  #read(guest: Guest): void {
    const body = parse(guest.body)
    if (body === undefined || !mayDraw(body)) return this.#handOver(guest)
    const { auth, ip, observed, visit, response } = guest
    const drawing = { auth, ip, body, observed, visit, isAnswered: () => response.writableEnded }
    this.admission.draws(drawing, () => { this.#draw(guest, body) }, (error) => { this.#refuse(guest, error, auth) })
  }

  #draw(guest: Guest, body: unknown): void {
    const found = this.compiled.find(body)
    if (found === null) return this.#handOver(guest)
    const { request, auth, ip } = guest
    this.compiled.draw(auth, { headers: request.headers, ip }, request, found).then((text) => {
      if (text === null) return this.#handOver(guest)
      this.metrics.door.inc({ result: 'answered' })
      this.#send(guest, 200, text, guest.contentType)
    }, (error: unknown) => {
      this.logger.error({ err: error, requestId: guest.observed.requestId }, 'A draw failed unexpectedly at the door')
      this.#handOver(guest)
    })
  }

  /** To Fastify, as it came: the draw that was begun for it is answered there. */
  #handOver({ request, response, observed, auth, visit, body }: Guest): void {
    request.headers['x-request-id'] = observed.requestId
    this.#bodies.set(request, body)
    this.admission.handOver(request, { auth, visit })
    this.metrics.door.inc({ result: 'handed_over' })
    this.#general(request, response)
  }

  #refuse(guest: Pick<Guest, 'response' | 'observed'> & { visit?: Visit }, error: AppError, auth?: AppAuth): void {
    const { status, retryAfter, body } = this.admission.refusal(error, guest.observed.requestId, auth)
    this.metrics.door.inc({ result: 'refused' })
    this.#send(guest, status, body, REFUSAL_TYPE, retryAfter)
  }

  #send(
    { response, observed, visit }: Pick<Guest, 'response' | 'observed'> & { visit?: Visit }, status: number, body: string, contentType: string, retryAfter?: string,
  ): void {
    visit?.turn?.leave()
    const headers = [
      'x-request-id', observed.requestId, 'x-content-type-options', 'nosniff', 'cache-control', 'no-store',
      'content-type', contentType, 'content-length', String(Buffer.byteLength(body)),
    ]
    if (retryAfter !== undefined) headers.push('retry-after', retryAfter)
    response.writeHead(status, headers).end(body)
    this.metrics.httpRequests.inc({ route: APP_PATH, status: String(status) })
    this.metrics.httpSeconds.observe({ route: APP_PATH }, (performance.now() - observed.beganAt) / 1_000)
  }
}

const NOTHING = Buffer.alloc(0)

/** Undefined: Fastify is to say what is wrong with it. */
function parse(body: Buffer): unknown {
  const text = body.toString()
  if (POISON.test(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
