import { lookup as resolve, type LookupAddress, type LookupOptions } from 'node:dns'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common'
import { LRUCache } from 'lru-cache'
import { Breaker, BrokenCircuitError } from '../../common/breaker.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { isLoopbackName } from '../campaigns/domain/fulfilment.js'
import { isPublicAddress } from './domain/addresses.js'

const BODY_BYTES_MAX = 16_384
const HEADER_BYTES_MAX = 16_384
const TOLD_CHARACTERS_MAX = 200
const GONE = 410
const BREAKER_FAILURES = 5
const RECEIVERS_REMEMBERED_MAX = 1_000
const NOT_TRIED = { kind: 'REFUSED', reason: `not tried: the receiver has failed ${BREAKER_FAILURES} times in a row`, isFinal: false } as const

/** `isFinal`: it wants no more. */
export type SendResult = { readonly kind: 'DELIVERED' } | { readonly kind: 'REFUSED'; readonly reason: string; readonly isFinal: boolean }
/** `isDown`: it is the receiver's fault, and no fault of this award. */
type Sent = SendResult & { readonly isDown?: boolean }

type Looked = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void

class ForbiddenAddressError extends Error {}

const AGENT = { keepAlive: true, maxSockets: 64, maxFreeSockets: 16 }

/**
 * One POST to a receiver that nobody vouches for: bounded in time and bytes, to public addresses alone, never redirected. An address that
 * fails five times in a row is left alone for FULFILMENT_BREAKER_MS.
 */
@Injectable()
export class WebhookSender implements OnModuleDestroy {
  readonly #timeoutMs: number
  readonly #privateAllowed: boolean
  // Its own, so that no connection is shared that was made without the check of its address.
  readonly #http = new HttpAgent(AGENT)
  readonly #https = new HttpsAgent(AGENT)

  readonly #breakers = new LRUCache<string, Breaker>({ max: RECEIVERS_REMEMBERED_MAX })
  readonly #breakerMs: number

  constructor(@Inject(CONFIG) config: Pick<RuntimeConfig, 'fulfilmentTimeoutMs' | 'fulfilmentPrivateAddresses' | 'fulfilmentBreakerMs'>) {
    this.#timeoutMs = config.fulfilmentTimeoutMs
    this.#breakerMs = config.fulfilmentBreakerMs
    this.#privateAllowed = config.fulfilmentPrivateAddresses
  }

  onModuleDestroy(): void {
    this.#http.destroy()
    this.#https.destroy()
  }

  /** That have failed five times in a row, and have not answered since. */
  get receiversDown(): number {
    let down = 0
    for (const { state } of this.#breakers.values()) if (state !== 'CLOSED') down++
    return down
  }

  /** Never throws. DELIVERED: a status of 2xx came, whatever its body. */
  async send(address: string, headers: Readonly<Record<string, string>>, body: string): Promise<SendResult> {
    if (this.#breakerMs === 0) return this.#send(address, headers, body)
    try {
      return await this.#breakerOf(address).run(() => this.#send(address, headers, body))
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error
      return NOT_TRIED
    }
  }

  #breakerOf(address: string): Breaker {
    let breaker = this.#breakers.get(address)
    if (breaker === undefined) {
      breaker = new Breaker({
        failuresMax: BREAKER_FAILURES, openMs: this.#breakerMs, countsError: () => false,
        countsResult: (result) => (result as Sent).isDown === true,
      })
      this.#breakers.set(address, breaker)
    }
    return breaker
  }

  async #send(address: string, headers: Readonly<Record<string, string>>, body: string): Promise<Sent> {
    const signal = AbortSignal.timeout(this.#timeoutMs)
    try {
      const response = await this.#post(new URL(address), headers, body, signal)
      const status = response.statusCode ?? 0
      if (status >= 200 && status < 300) {
        drain(response)
        return { kind: 'DELIVERED' }
      }
      const told = await beginningOf(response)
      return { kind: 'REFUSED', reason: `HTTP ${status}${told === '' ? '' : `: ${told}`}`, isFinal: status === GONE, isDown: status >= 500 }
    } catch (error) {
      return { kind: 'REFUSED', reason: signal.aborted ? `no answer within ${this.#timeoutMs} ms` : describe(error), isFinal: false, isDown: !(error instanceof ForbiddenAddressError) }
    }
  }

  #post(url: URL, headers: Readonly<Record<string, string>>, body: string, signal: AbortSignal): Promise<IncomingMessage> {
    return new Promise((done, failed) => {
      const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
      const secure = url.protocol === 'https:'
      if (!secure && !(this.#privateAllowed && isLoopbackName(url.hostname))) throw new ForbiddenAddressError('only https is spoken')
      // A name is checked where it is resolved, for the connection that is made; an address has no such moment.
      if (isIP(host) !== 0) this.#check(host)
      const request = (secure ? httpsRequest : httpRequest)(url, {
        method: 'POST',
        agent: secure ? this.#https : this.#http,
        lookup: (name, options, callback) => { this.#lookup(name, options, callback) },
        maxHeaderSize: HEADER_BYTES_MAX,
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        signal,
      }, done)
      request.on('error', failed)
      request.end(body)
    })
  }

  #check(address: string): void {
    if (!this.#privateAllowed && !isPublicAddress(address)) throw new ForbiddenAddressError('leads to a private address, which is not allowed')
  }

  #lookup(name: string, options: LookupOptions, callback: Looked): void {
    resolve(name, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, '')
      try {
        for (const { address } of found) this.#check(address)
      } catch (cause) {
        return callback(cause as Error, '')
      }
      if (options.all === true) callback(null, found)
      else callback(null, found[0]?.address ?? '', found[0]?.family)
    })
  }
}

/** Reads an answer that says nothing more to the end, so that its connection can be used again; a long one is cut off. */
function drain(response: IncomingMessage): void {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) response.destroy()
  })
  response.on('error', () => undefined) // cut off, by us or by them: what counts has been said
}

/** The first characters of a refusal, for the operators. */
async function beginningOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      bytes += chunk.length
      if (bytes > BODY_BYTES_MAX) break // leaving the loop destroys the response
    }
  } catch {
    // Cut off: what came is what there is.
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, TOLD_CHARACTERS_MAX).replace(/[\p{C}\p{Z}]+/gu, ' ').trim()
}

/** A system's code says it best (ECONNREFUSED, DEPTH_ZERO_SELF_SIGNED_CERT); what has none says it in words. */
function describe(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown }
  const text = typeof code === 'string' ? code : typeof message === 'string' ? message : 'could not be sent'
  return text.slice(0, TOLD_CHARACTERS_MAX)
}
