import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Counter } from 'prom-client'
import { AppError } from '../../../common/errors.js'
import { CONFIG, type RuntimeConfig } from '../../../config/config.module.js'
import { BacklogService } from '../../../modules/settlement/backlog.service.js'
import { Features } from '../../../platform/features/features.js'
import { continueRequest, type ObservedRequest } from '../../../platform/http/fastify.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import { AppAuthenticator } from '../../auth/app-authenticator.js'
import type { AppAuth, DrawbridgeRequest, Visit } from '../../auth/request-auth.js'
import { answerOf, expectedError, httpStatusOf, retryAfterOf } from '../../graphql/error-answer.js'
import { APP_PATH } from '../../graphql/graphql-http.js'
import { AdaptiveLimit } from './adaptive-limit.js'
import { mayDraw } from './draw-document.js'
import { DrawLanes } from './draw-lanes.js'
import { LaneChooser } from './lane.js'
import { countRateLimited, watchLanes } from './lane-metrics.js'
import { PacedRefusals } from './paced-refusals.js'
import { Rates } from './rates.js'
import type { SharedRates } from './shared-rates.js'

type Done = (error?: Error) => void

/** A request that wants to draw. */
export interface Drawing {
  readonly auth: AppAuth
  readonly ip: string
  /** The request's, parsed. */
  readonly body: unknown
  readonly observed: ObservedRequest
  readonly visit: Visit | undefined
  readonly isAnswered: () => boolean
}

export interface Refusal {
  readonly status: number
  /** Seconds. */
  readonly retryAfter: string | undefined
  readonly body: string
}

type Handed = Required<DrawbridgeRequest>

export const REFUSAL_TYPE = 'application/graphql-response+json; charset=utf-8'
export const tooManyRequests = () => new AppError('OVERLOADED', 'Too many requests at the same time', { retryAfterMs: OVERLOADED_RETRY_MS })

const OVERLOADED_RETRY_MS = 1_000
/** Of the requests at the same time, those that one tenant may have: a rush that fills its own share leaves room for the others. */
const TENANT_SHARE = 0.8
/** Of the requests at the same time, those that may wait to hear that they are refused. */
const REFUSALS_SHARE = 0.5

/**
 * The door of the tenants' API. Before a body is read: the bound on requests at the same time, the body's size, who
 * calls, and how often it may come. Before GraphQL reads it: how often it may draw, and whether it can be answered in time.
 * What is refused here has cost nothing but this.
 */
@Injectable()
export class AdmissionService implements OnModuleInit, OnModuleDestroy {
  readonly #rates: Rates
  readonly #lanes: DrawLanes
  readonly #chooser = new LaneChooser()
  readonly #refusals: PacedRefusals
  readonly #admitted: Counter<'lane'>
  #shared: SharedRates | undefined
  readonly #handed = new WeakMap<IncomingMessage, Handed>()
  #inFlight = 0
  readonly #inFlightOf = new Map<string, number>()
  readonly #inFlightOfMax: number

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly host: HttpAdapterHost,
    private readonly authenticator: AppAuthenticator,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
    private readonly redis: RedisService,
    private readonly backlog: BacklogService,
    private readonly features: Features,
  ) {
    this.#rates = new Rates(config)
    this.#inFlightOfMax = Math.ceil(config.requestsInFlightMax * TENANT_SHARE)
    this.#rates.onRefused(countRateLimited(metrics))
    const limit = new AdaptiveLimit({ min: config.drawsAtWorkMin, max: config.drawsAtWorkMax, targetMs: config.drawLatencyTargetMs })
    this.#lanes = new DrawLanes({ limit, waitMsMax: config.drawWaitMsMax, perLoopMax: config.drawsPerLoopMax })
    this.#refusals = new PacedRefusals({ waitingMax: Math.ceil(config.requestsInFlightMax * REFUSALS_SHARE) })
    this.#admitted = watchLanes(metrics, this.#lanes, limit, this.#refusals)
  }

  onModuleInit(): void {
    if (this.config.sharedRates) this.#shared = this.#rates.shareDraws(this.redis.client)
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>()
    fastify.decorateRequest('drawbridge')
    fastify.addHook('onRequest', (request, reply, done) => { this.#enter(request, reply, done) })
    fastify.addHook('preValidation', (request, reply, done) => { this.#enterToDraw(request, reply, done) })
    // Whatever became of it, and also where nobody is there any more to hear it.
    fastify.addHook('onSend', (request, _reply, _payload, done) => {
      request.drawbridge?.visit?.turn?.leave()
      done()
    })
  }

  onModuleDestroy(): void {
    this.#shared?.close()
  }

  /** For callers that come by another door (WebSocket). Throws RATE_LIMITED. */
  admit(auth: AppAuth, ip: string): void {
    const refused = this.requests({ auth, ip, visit: undefined })
    if (refused === null) return
    this.#count(refused.code, auth)
    throw refused
  }

  /** Counts a request until its response closes. Null: there are as many as there may be. */
  arrives(response: ServerResponse): Visit | null {
    if (this.#inFlight >= this.config.requestsInFlightMax) return null
    this.#inFlight++
    // Answered or broken off: a response closes once.
    const visit: Visit = { closed: false }
    response.once('close', () => {
      this.#inFlight--
      if (visit.tenantId !== undefined) this.#leftOf(visit.tenantId)
      visit.closed = true
      // Work that has begun goes on, whoever waits for it.
      visit.turn?.giveUp()
    })
    return visit
  }

  /** How often its caller may come, and of how many at the same time: null, RATE_LIMITED, or OVERLOADED. */
  requests({ auth, ip, visit }: Pick<Drawing, 'auth' | 'ip' | 'visit'>): AppError | null {
    if (visit !== undefined && !visit.closed) {
      const own = this.#inFlightOf.get(auth.tenantId) ?? 0
      if (own >= this.#inFlightOfMax) return tooManyRequests()
      this.#inFlightOf.set(auth.tenantId, own + 1)
      visit.tenantId = auth.tenantId
    }
    const waitMs = this.#rates.request(auth, ip)
    return waitMs > 0 ? rateLimited(waitMs) : null
  }

  #leftOf(tenantId: string): void {
    const left = (this.#inFlightOf.get(tenantId) ?? 1) - 1
    if (left === 0) this.#inFlightOf.delete(tenantId)
    else this.#inFlightOf.set(tenantId, left)
  }

  admitted(auth: AppAuth, { beganAt }: ObservedRequest): void {
    if (!isTestKey(auth)) this.metrics.stageSeconds.observe(ADMISSION, (performance.now() - beganAt) / 1_000)
  }

  /** How often its caller may draw, and whether it can be answered in time. One of the two is called, once, and perhaps at once. */
  draws({ auth, ip, body, observed, visit, isAnswered }: Drawing, begin: () => void, refuse: (error: AppError) => void): void {
    const admitted = this.#chooser.choose(auth, body)
    const { lane, isVip, named } = admitted
    if (this.backlog.refuses(lane)) return this.#shed(auth, () => { refuse(heldBack()) })
    const waitMs = this.#rates.draw(auth, ip, isVip, named)
    if (waitMs > 0) return this.#refusals.push(() => { refuse(rateLimited(waitMs)) })
    let waits = false
    const turn = this.#lanes.enter({
      lane,
      isVip,
      tenantId: auth.tenantId,
      isTest: isTestKey(auth),
      begin: () => {
        if (!isTestKey(auth)) this.#admitted.inc({ lane })
        this.#chooser.begun(admitted)
        // Whoever made room for it is another request, with an id and a trace of its own.
        if (waits) continueRequest(observed, begin)
        else begin()
      },
      refuse: () => {
        this.#rates.giveBack(auth, ip, isVip, named)
        this.#shed(auth, () => { refuse(tooMany()) })
      },
    })
    waits = true
    if (visit === undefined) return
    visit.turn = turn
    if (isAnswered()) turn.leave()
    else if (visit.closed) turn.giveUp()
  }

  /** What this process could not do is no success, unlike what a rate has refused. */
  #shed(auth: AppAuth, refuse: () => void): void {
    if (!isTestKey(auth)) this.features.health.count(false)
    this.#refusals.push(refuse)
  }

  /** The answer of what is refused here, which it counts. */
  refusal(error: AppError, requestId: string, auth?: AppAuth): Refusal {
    this.#count(error.code, auth)
    const answer = answerOf(error, requestId)
    return { status: httpStatusOf(error.code), retryAfter: retryAfterOf(answer.extensions), body: JSON.stringify({ errors: [answer] }) }
  }

  /** For a request that came in by another door and is to be answered by Fastify: it is not admitted again. */
  handOver(request: IncomingMessage, handed: Handed): void {
    this.#handed.set(request, handed)
  }

  #enter(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    if (request.routeOptions.url !== APP_PATH || request.method === 'OPTIONS') return done()
    const handed = this.#handed.get(request.raw)
    if (handed !== undefined) {
      request.drawbridge = handed
      return done()
    }
    const visit = this.arrives(reply.raw)
    if (visit === null) return this.#refuse(request, reply, tooManyRequests())
    request.drawbridge = { visit }
    if (Number(request.headers['content-length'] ?? 0) > this.config.bodyBytesMax) {
      // The body is on its way, and nobody will read it.
      void reply.header('connection', 'close')
      return this.#refuse(request, reply, new AppError('BAD_USER_INPUT', `The body may have at most ${this.config.bodyBytesMax} bytes`, { field: 'body' }), undefined, 413)
    }
    const known = this.authenticator.authenticateKnown(request.headers)
    if (known !== undefined) return this.#admit(known, request, reply, done)
    this.#prove(request, reply, done).catch((error: unknown) => { this.logger.error({ err: error }, 'Admission failed unexpectedly') })
  }

  async #prove(request: FastifyRequest, reply: FastifyReply, done: Done): Promise<void> {
    let auth: AppAuth
    try {
      auth = await this.authenticator.authenticate(request.headers)
    } catch (error) {
      const expected = expectedError(error)
      return expected === null ? done(error instanceof Error ? error : new Error(String(error))) : this.#refuse(request, reply, expected)
    }
    this.#admit(auth, request, reply, done)
  }

  #admit(auth: AppAuth, request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const refused = this.requests({ auth, ip: request.ip, visit: request.drawbridge?.visit })
    if (refused !== null) return this.#refuse(request, reply, refused, auth)
    request.drawbridge!.auth = auth
    this.admitted(auth, request.observed)
    done()
  }

  #enterToDraw(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const { auth, visit } = request.drawbridge ?? {}
    if (auth === undefined || visit?.turn !== undefined || !mayDraw(request.body)) return done()
    const drawing: Drawing = { auth, ip: request.ip, body: request.body, observed: request.observed, visit, isAnswered: () => reply.sent }
    this.draws(drawing, done, (error) => { this.#refuse(request, reply, error, auth) })
  }

  #count(code: string, auth: AppAuth | undefined): void {
    if (auth !== undefined && isTestKey(auth)) this.metrics.testRefusals.inc({ code })
    else this.metrics.refusals.inc({ code })
  }

  #refuse(request: FastifyRequest, reply: FastifyReply, error: AppError, auth?: AppAuth, status = httpStatusOf(error.code)): void {
    const { retryAfter, body } = this.refusal(error, request.observed.requestId, auth)
    if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
    void reply.code(status).header('cache-control', 'no-store').header('content-type', REFUSAL_TYPE).send(body)
  }
}

const ADMISSION = { stage: 'admission' } as const
const SHED_RETRY_MS = 500
const tooMany = () => new AppError('OVERLOADED', 'Too many draws at the same time. Nothing was decided: send it again with the same idempotency key.', { retryAfterMs: SHED_RETRY_MS })
const HELD_BACK_RETRY_MS = 1_000
const heldBack = () => new AppError('OVERLOADED', 'Too many draws wait to be settled. Nothing was decided: send it again with the same idempotency key.', { retryAfterMs: HELD_BACK_RETRY_MS })
const isTestKey = (auth: AppAuth) => auth.kind === 'server' && auth.test
const rateLimited = (retryAfterMs: number) => new AppError('RATE_LIMITED', 'Too many requests in a short time', { retryAfterMs })
