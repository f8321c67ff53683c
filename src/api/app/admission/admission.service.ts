import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Counter } from 'prom-client'
import { AppError } from '../../../common/errors.js'
import { CONFIG, type RuntimeConfig } from '../../../config/config.module.js'
import { BacklogService } from '../../../modules/settlement/backlog.service.js'
import { continueRequest } from '../../../platform/http/fastify.js'
import { RedisService } from '../../../platform/redis/redis.service.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { Metrics } from '../../../platform/telemetry/metrics.js'
import { AppAuthenticator } from '../../auth/app-authenticator.js'
import type { AppAuth, Visit } from '../../auth/request-auth.js'
import { answerOf, expectedError, httpStatusOf, retryAfterOf } from '../../graphql/error-answer.js'
import { APP_PATH } from '../../graphql/graphql-http.js'
import { AdaptiveLimit } from './adaptive-limit.js'
import { mayDraw } from './draw-document.js'
import { DrawLanes } from './draw-lanes.js'
import { LaneChooser } from './lane.js'
import { countRateLimited, watchLanes } from './lane-metrics.js'
import { Rates } from './rates.js'
import type { SharedRates } from './shared-rates.js'

type Done = (error?: Error) => void

const OVERLOADED_RETRY_MS = 1_000

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
  readonly #admitted: Counter<'lane'>
  #shared: SharedRates | undefined
  #inFlight = 0

  constructor(
    @Inject(CONFIG) private readonly config: RuntimeConfig,
    private readonly host: HttpAdapterHost,
    private readonly authenticator: AppAuthenticator,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
    private readonly redis: RedisService,
    private readonly backlog: BacklogService,
  ) {
    this.#rates = new Rates(config)
    this.#rates.onRefused(countRateLimited(metrics))
    const limit = new AdaptiveLimit({ min: config.drawsAtWorkMin, max: config.drawsAtWorkMax, targetMs: config.drawLatencyTargetMs })
    this.#lanes = new DrawLanes({ limit, waitMsMax: config.drawWaitMsMax })
    this.#admitted = watchLanes(metrics, this.#lanes, limit)
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
    const waitMs = this.#rates.request(auth, ip)
    if (waitMs === 0) return
    this.#count('RATE_LIMITED', auth)
    throw rateLimited(waitMs)
  }

  #enter(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    if (request.routeOptions.url !== APP_PATH || request.method === 'OPTIONS') return done()
    if (this.#inFlight >= this.config.requestsInFlightMax) {
      return this.#refuse(request, reply, new AppError('OVERLOADED', 'Too many requests at the same time', { retryAfterMs: OVERLOADED_RETRY_MS }))
    }
    this.#inFlight++
    // Answered or broken off: a response closes once.
    const visit: Visit = { closed: false }
    request.drawbridge = { visit }
    reply.raw.once('close', () => {
      this.#inFlight--
      visit.closed = true
      // Work that has begun goes on, whoever waits for it.
      visit.turn?.giveUp()
    })
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
    const waitMs = this.#rates.request(auth, request.ip)
    if (waitMs > 0) return this.#refuse(request, reply, rateLimited(waitMs), auth)
    request.drawbridge!.auth = auth
    if (!isTestKey(auth)) this.metrics.stageSeconds.observe(ADMISSION, (performance.now() - request.observed.beganAt) / 1_000)
    done()
  }

  #enterToDraw(request: FastifyRequest, reply: FastifyReply, done: Done): void {
    const auth = request.drawbridge?.auth
    if (auth === undefined || !mayDraw(request.body)) return done()
    const admitted = this.#chooser.choose(auth, request.body)
    const { lane, isVip } = admitted
    if (this.backlog.refuses(lane)) return this.#refuse(request, reply, heldBack(), auth)
    const waitMs = this.#rates.draw(auth, request.ip, isVip)
    if (waitMs > 0) return this.#refuse(request, reply, rateLimited(waitMs), auth)
    let waits = false
    const turn = this.#lanes.enter({
      lane,
      tenantId: auth.tenantId,
      isTest: isTestKey(auth),
      begin: () => {
        if (!isTestKey(auth)) this.#admitted.inc({ lane })
        this.#chooser.begun(admitted)
        // Whoever made room for it is another request, with an id and a trace of its own.
        if (waits) continueRequest(request.observed, done)
        else done()
      },
      refuse: () => {
        this.#rates.giveBack(auth, request.ip, isVip)
        this.#refuse(request, reply, tooMany(), auth)
      },
    })
    waits = true
    const { visit } = request.drawbridge!
    if (visit === undefined) return
    visit.turn = turn
    if (reply.sent) turn.leave()
    else if (visit.closed) turn.giveUp()
  }

  #count(code: string, auth: AppAuth | undefined): void {
    if (auth !== undefined && isTestKey(auth)) this.metrics.testRefusals.inc({ code })
    else this.metrics.refusals.inc({ code })
  }

  #refuse(request: FastifyRequest, reply: FastifyReply, error: AppError, auth?: AppAuth, status = httpStatusOf(error.code)): void {
    this.#count(error.code, auth)
    const answer = answerOf(error, request.observed.requestId)
    const retryAfter = retryAfterOf(answer.extensions)
    if (retryAfter !== undefined) void reply.header('retry-after', retryAfter)
    void reply
      .code(status)
      .header('cache-control', 'no-store')
      .header('content-type', 'application/graphql-response+json; charset=utf-8')
      .send(JSON.stringify({ errors: [answer] }))
  }
}

const ADMISSION = { stage: 'admission' } as const
const SHED_RETRY_MS = 500
const tooMany = () => new AppError('OVERLOADED', 'Too many draws at the same time. Nothing was decided: send it again with the same idempotency key.', { retryAfterMs: SHED_RETRY_MS })
const HELD_BACK_RETRY_MS = 1_000
const heldBack = () => new AppError('OVERLOADED', 'Too many draws wait to be settled. Nothing was decided: send it again with the same idempotency key.', { retryAfterMs: HELD_BACK_RETRY_MS })
const isTestKey = (auth: AppAuth) => auth.kind === 'server' && auth.test
const rateLimited = (retryAfterMs: number) => new AppError('RATE_LIMITED', 'Too many requests in a short time', { retryAfterMs })
