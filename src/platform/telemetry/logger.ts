import { Inject, Injectable, type LoggerService } from '@nestjs/common'
import { pino, type Logger as Pino } from 'pino'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { currentRequest } from './request-context.js'
import { currentTraceId } from './tracing.js'

const secretNames = ['authorization', 'x-api-key', 'cookie', 'set-cookie', 'password', 'secret', 'secretKey', 'apiKey', 'token', 'databaseUrl', 'redisUrl']
// A name with a dash is written in brackets; each is looked for at the top, one level down and two levels down.
const redact = secretNames.flatMap((name) => ['', '*', '*.*'].map((at) => (name.includes('-') ? `${at}["${name}"]` : at === '' ? name : `${at}.${name}`)))

type Fields = Record<string, unknown>

/**
 * Structured logs, a JSON object a line, with the request's and the trace's id. `error` means that somebody must act now.
 * Takes pino's form (`warn({ campaignId }, 'text')`) and Nest's (`warn('text', 'Context')`).
 */
@Injectable()
export class Logger implements LoggerService {
  readonly #pino: Pino

  constructor(@Inject(CONFIG) config: Pick<RuntimeConfig, 'logLevel' | 'role'>) {
    this.#pino = pino({
      level: config.logLevel,
      base: { role: config.role },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: redact, censor: '[redacted]' },
      mixin: () => {
        const requestId = currentRequest()?.requestId
        const traceId = currentTraceId()
        return { ...(requestId ? { requestId } : {}), ...(traceId === undefined ? {} : { traceId }) }
      },
    })
  }

  fatal(...args: unknown[]): void { this.#write('fatal', args) }
  error(...args: unknown[]): void { this.#write('error', args) }
  warn(...args: unknown[]): void { this.#write('warn', args) }
  log(...args: unknown[]): void { this.#write('info', args) }
  info(...args: unknown[]): void { this.#write('info', args) }
  debug(...args: unknown[]): void { this.#write('debug', args) }
  verbose(...args: unknown[]): void { this.#write('trace', args) }

  #write(level: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace', [first, ...rest]: unknown[]): void {
    if (first instanceof Error) return this.#pino[level]({ err: first }, typeof rest[0] === 'string' ? rest[0] : first.message)
    if (typeof first === 'object' && first !== null) return this.#pino[level](first as Fields, typeof rest[0] === 'string' ? rest[0] : undefined)
    // Nest: message, ...more, context; and for errors message, stack, context.
    const context = rest.at(-1)
    const stack = rest.length > 1 ? rest[0] : undefined
    this.#pino[level]({ ...(typeof context === 'string' ? { context } : {}), ...(typeof stack === 'string' ? { stack } : {}) }, String(first))
  }
}
