import {
  type Attributes, context, INVALID_SPAN_CONTEXT, isSpanContextValid, ROOT_CONTEXT, type Span, type SpanContext, SpanKind,
  SpanStatusCode, trace, TraceFlags,
} from '@opentelemetry/api'
import { currentRequest, runWithRequest } from './request-context.js'

const tracer = trace.getTracer('drawbridge')
const TRACE_PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/

const NO_SPAN = trace.wrapSpanContext(INVALID_SPAN_CONTEXT)
let isRecording = false

/** From now on spans are made: before an exporter is there nobody would read them. */
export function recordSpans(): void {
  isRecording = true
}

/** Runs `fn` in a span, which ends when `fn` (or its promise) does; just runs it while nobody records. */
export function span<T>(name: string, attributes: Attributes, fn: (span: Span) => T): T {
  if (!isRecording) return fn(NO_SPAN)
  return tracer.startActiveSpan(name, { attributes }, (active) => {
    try {
      const result = fn(active)
      if (result instanceof Promise) {
        return result.then(
          (value: unknown) => { active.end(); return value },
          (error: unknown) => { endWith(active, error); throw error },
        ) as T
      }
      active.end()
      return result
    } catch (error) {
      endWith(active, error)
      throw error
    }
  })
}

function endWith(active: Span, error: unknown): void {
  if (error instanceof Error) active.recordException(error)
  active.setStatus({ code: SpanStatusCode.ERROR })
  active.end()
}

/** A W3C traceparent as a span context; null unless it is a valid one. */
function parse(traceParent: string): SpanContext | null {
  const match = TRACE_PARENT.exec(traceParent)
  if (match === null) return null
  const [, traceId, spanId, flags] = match
  const parsed = { traceId: traceId!, spanId: spanId!, traceFlags: parseInt(flags!, 16) & TraceFlags.SAMPLED, isRemote: true }
  return isSpanContextValid(parsed) ? parsed : null
}

export const isTraceParent = (text: string): boolean => parse(text) !== null

/** The W3C traceparent of this work, to be carried through a stream, a row or a job; null when nobody traces. */
export function currentTraceParent(): string | null {
  const active = isRecording ? trace.getActiveSpan()?.spanContext() : undefined
  if (active !== undefined && isSpanContextValid(active)) {
    return `00-${active.traceId}-${active.spanId}-${(active.traceFlags & TraceFlags.SAMPLED).toString(16).padStart(2, '0')}`
  }
  return currentRequest()?.traceParent ?? null
}

export const currentTraceId = (): string | undefined => currentTraceParent()?.slice(3, 35)

/** Runs `fn` as a continuation of the trace that `traceParent` names; just runs it where that is null or not valid. */
export function withTraceParent<T>(traceParent: string | null | undefined, fn: () => T): T {
  const parsed = traceParent == null ? null : parse(traceParent)
  if (parsed === null) return fn()
  const request = { requestId: currentRequest()?.requestId ?? '', traceParent: traceParent ?? null }
  return context.with(trace.setSpanContext(context.active(), parsed), () => runWithRequest(request, fn))
}

/** Runs `fn` in nobody's span, whoever calls. */
export const outsideSpans = <T>(fn: () => T): T => (isRecording ? context.with(ROOT_CONTEXT, fn) : fn())

/** The span around a whole request, whose parts run from different callbacks. */
export interface RequestSpan {
  run(fn: () => void): void
  end(httpStatus: number): void
}

/** A child of the caller's trace where it sent one; null while nobody records. */
/** Whether any request has a span. */
export const areSpansRecorded = (): boolean => isRecording

export function startRequestSpan(name: () => string, traceParent: string | null): RequestSpan | null {
  if (!isRecording) return null
  const parsed = traceParent === null ? null : parse(traceParent)
  const parent = parsed === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parsed)
  const started = tracer.startSpan(name(), { kind: SpanKind.SERVER }, parent)
  if (!started.isRecording()) return null
  const active = trace.setSpan(parent, started)
  return {
    run: (fn) => { context.with(active, fn) },
    end: (httpStatus) => {
      started.setAttribute('http.response.status_code', httpStatus)
      if (httpStatus >= 500) started.setStatus({ code: SpanStatusCode.ERROR })
      started.end()
    },
  }
}
