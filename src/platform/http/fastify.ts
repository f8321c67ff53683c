import type { IncomingMessage } from 'node:http'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import type { FastifyInstance, FastifyReply, FastifyRequest, HookHandlerDoneFunction } from 'fastify'
import { newId } from '../../common/ids.js'
import type { RuntimeConfig } from '../../config/config.module.js'
import type { Metrics } from '../telemetry/metrics.js'
import { runWithRequest, type RequestTrace } from '../telemetry/request-context.js'
import { isTraceParent, outsideSpans, type RequestSpan, startRequestSpan } from '../telemetry/tracing.js'
import { proxyTrust } from './proxies.js'
import type { Readiness } from './readiness.js'

/** What every request carries from its first moment. */
export interface ObservedRequest extends RequestTrace {
  /** Of performance.now(). */
  readonly beganAt: number
  readonly span: RequestSpan | null
}

declare module 'fastify' {
  interface FastifyRequest {
    observed: ObservedRequest
  }
  interface FastifyInstance {
    slowBodies: SlowBodies
  }
  interface FastifyContextConfig {
    /** How long the whole request may take to come, where that is longer than usual. */
    requestMsMax?: number
  }
}

/** How long a request may take to come, its body included; of its headers, whatever the route. */
const REQUEST_MS_MAX = 15_000
/** How much longer than it may it can take at the most. */
const LOOK_MS = 500
/** The longest that a route may allow itself. */
const LONGEST_REQUEST_MS = 300_000

const REQUEST_ID = /^[A-Za-z0-9._:-]{1,64}$/
const first = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)

/** The caller's X-Request-Id where it is one, else a new one. */
export function requestIdOf(request: { headers: IncomingMessage['headers'] }): string {
  const given = first(request.headers['x-request-id'])
  return given !== undefined && REQUEST_ID.test(given) ? given : newId()
}

export function fastifyAdapter(config: RuntimeConfig): FastifyAdapter {
  return new FastifyAdapter({
    bodyLimit: config.bodyBytesMax,
    trustProxy: proxyTrust(config.trustProxy),
    genReqId: requestIdOf,
    requestIdHeader: false,
    connectionTimeout: 60_000,
    requestTimeout: LONGEST_REQUEST_MS,
    keepAliveTimeout: 75_000, // longer than a load balancer's, so that it never sends into a closing connection
    forceCloseConnections: 'idle',
    // Fastify's own answer has neither a code nor a request id; the routes give theirs.
    return503OnClosing: false,
    routerOptions: { maxParamLength: 128 },
  })
}

/** Requests whose body has not come, and until when (of performance.now()) it may. Most have gone again before anybody looks. */
class SlowBodies {
  readonly coming = new Map<IncomingMessage, number>()

  expect(request: IncomingMessage, now: number, withinMs = REQUEST_MS_MAX): void {
    this.coming.set(request, now + withinMs)
  }

  arrived(request: IncomingMessage): void {
    this.coming.delete(request)
  }
}

/** Sends away who sends too slowly: Node knows one limit for all routes, which is that of the slowest. */
export function boundRequests(fastify: FastifyInstance): void {
  fastify.server.headersTimeout = REQUEST_MS_MAX
  const bodies = new SlowBodies()
  const { coming } = bodies
  fastify.decorate('slowBodies', bodies)
  fastify.addHook('onRequest', (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction) => {
    bodies.expect(request.raw, performance.now(), request.routeOptions.config.requestMsMax)
    done()
  })
  fastify.addHook('preValidation', (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction) => {
    bodies.arrived(request.raw)
    done()
  })
  const look = setInterval(() => {
    const now = performance.now()
    for (const [raw, until] of coming) {
      if (raw.complete || raw.destroyed) coming.delete(raw)
      else if (now > until) {
        coming.delete(raw)
        // As Node tells it itself; Fastify answers 408.
        fastify.server.emit('clientError', Object.assign(new Error('Request timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), raw.socket)
      }
    }
  }, LOOK_MS)
  look.unref()
  fastify.addHook('onClose', (_instance, done) => {
    clearInterval(look)
    done()
  })
}

/** The caller's W3C traceparent where it is one. */
export function traceParentOf(request: { headers: IncomingMessage['headers'] }): string | null {
  const given = first(request.headers.traceparent)
  return given !== undefined && isTraceParent(given) ? given : null
}

/** Request ids, trace context and measurements for every route. */
export function observeRequests(fastify: FastifyInstance, metrics: Metrics): void {
  // Set by the first hook; a hook that needs it runs after.
  fastify.decorateRequest('observed', null as unknown as ObservedRequest)
  fastify.addHook('onRequest', (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
    const traceParent = traceParentOf(request)
    const span = startRequestSpan(() => `${request.method} ${request.routeOptions.url ?? 'unknown'}`, traceParent)
    request.observed = { requestId: request.id, traceParent, beganAt: performance.now(), span }
    void reply.header('x-request-id', request.id).header('x-content-type-options', 'nosniff')
    continueRequest(request.observed, done)
  })
  // Reading the body leaves the asynchronous context behind; what follows gets it back.
  fastify.addHook('preValidation', (request: FastifyRequest, _reply: FastifyReply, done: HookHandlerDoneFunction) => {
    continueRequest(request.observed, done)
  })
  fastify.addHook('onResponse', (request: FastifyRequest, reply: FastifyReply, done: HookHandlerDoneFunction) => {
    const route = request.routeOptions.url ?? 'unknown'
    request.observed.span?.end(reply.statusCode)
    metrics.httpRequests.inc({ route, status: String(reply.statusCode) })
    metrics.httpSeconds.observe({ route }, (performance.now() - request.observed.beganAt) / 1000)
    done()
  })
}

/** Goes on with a request from somewhere else: what follows has its id and its trace. */
export function continueRequest(observed: ObservedRequest, done: () => void): void {
  const go = () => { runWithRequest(observed, done) }
  if (observed.span === null) outsideSpans(go)
  else observed.span.run(go)
}

/** Plain routes, which no guard of the APIs stands before. */
export function serveHealth(fastify: FastifyInstance, readiness: Readiness): void {
  const noStore = (reply: FastifyReply) => reply.header('cache-control', 'no-store')
  fastify.get('/livez', (_request, reply) => noStore(reply).send({ live: true }))
  fastify.get('/readyz', (_request, reply) => {
    const report = readiness.report()
    return noStore(reply).code(report.ready ? 200 : 503).send(report)
  })
  fastify.get('/startupz', (_request, reply) => {
    const started = readiness.started()
    return noStore(reply).code(started ? 200 : 503).send({ started, checks: readiness.report().checks })
  })
}
