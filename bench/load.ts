import autocannon from 'autocannon'

export interface LoadOptions {
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly connections: number
  /** One of the two. */
  readonly seconds?: number
  readonly amount?: number
  /** Requests a second, whatever the answers do; without it each connection waits for its answer. */
  readonly perSecond?: number
  /** Of the n-th request. */
  readonly body: (n: number) => string
  /** In the text of an answer that counts. */
  readonly counts: string
  /** Ends it before its time. */
  readonly signal?: AbortSignal
}

export interface LoadResult {
  readonly seconds: number
  readonly counted: number
  readonly others: ReadonlyMap<string, number>
  readonly perSecond: number
  readonly latencyMs: Latency
  /** Of the answers that do not count. */
  readonly otherLatencyMs: Latency
}

type Latency = Readonly<Record<'p50' | 'p95' | 'p99' | 'p999', number>>

/** The value below which that share of the sorted values lies. */
const quantile = (sorted: Float64Array, share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0

const CODE = /"code":"(\w+)"/

/** HTTP load by autocannon, over keep-alive connections. Latencies are those of the answers that count. */
export async function load(
  { url, headers = {}, connections, seconds, amount, perSecond, body, counts, signal }: LoadOptions,
): Promise<LoadResult> {
  let n = 0
  let counted = 0
  const others = new Map<string, number>()
  const took: number[] = []
  const otherTook: number[] = []
  let isCounted = false
  const { origin, pathname } = new URL(url)
  const began = performance.now()
  let lastAt = began
  const options: autocannon.Options = {
    url: origin,
    connections,
    pipelining: 1,
    timeout: 30,
    ...(amount === undefined ? { duration: seconds ?? 1 } : { amount }),
    ...(perSecond === undefined ? {} : { overallRate: perSecond }),
    requests: [{
      method: 'POST',
      path: pathname,
      headers: { 'content-type': 'application/json', ...headers },
      setupRequest: (request) => ({ ...request, body: body(n++) }),
      onResponse: (status, text) => {
        isCounted = text.includes(counts)
        if (isCounted) counted++
        else {
          const what = `${status} ${CODE.exec(text)?.[1] ?? text.slice(0, 200)}`
          others.set(what, (others.get(what) ?? 0) + 1)
        }
      },
    }],
  }
  const { errors, timeouts } = await new Promise<autocannon.Result>((resolve, reject) => {
    const run = autocannon(options, (error, result) => { if (error == null) resolve(result); else reject(error as Error) })
    signal?.addEventListener('abort', () => { run.stop?.() })
    run.on('response', (_client, _status, _bytes, ms) => {
      lastAt = performance.now()
      if (isCounted) took.push(ms)
      else otherTook.push(ms)
    })
  })
  if (errors > 0) others.set('no answer', errors)
  if (timeouts > 0) others.set('timed out', timeouts)
  const ran = (lastAt - began) / 1_000
  return {
    seconds: ran,
    counted,
    others,
    perSecond: counted / ran,
    latencyMs: latencyOf(took),
    otherLatencyMs: latencyOf(otherTook),
  }
}

function latencyOf(took: readonly number[]): Latency {
  const sorted = Float64Array.from(took).sort()
  return { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99), p999: quantile(sorted, 0.999) }
}
