import { type Concern, concernOf } from './concerns.js'

interface Frame { readonly functionName: string; readonly url: string; readonly lineNumber: number }

/** As V8's profiler gives it; times in µs. */
export interface Profile {
  readonly nodes: ReadonlyArray<{ readonly id: number; readonly callFrame: Frame; readonly children?: readonly number[] }>
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

/** µs in which the process did not wait, by the name of what they were spent in. */
export interface Spent {
  readonly total: number
  readonly byConcern: ReadonlyMap<Concern, number>
  readonly byPlace: ReadonlyMap<string, number>
  readonly byFunction: ReadonlyMap<string, number>
  /** With all that it calls. */
  readonly within: ReadonlyMap<string, number>
}

function placeOf({ functionName, url }: Frame): string {
  const dependency = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1]
  if (dependency !== undefined) return dependency
  if (url.startsWith('node:')) return url
  if (url.includes('/dist/')) return `ours ${url.slice(url.indexOf('/dist/') + 6)}`
  if (url.endsWith('/servers/limit.ts')) return 'limit'
  return url === '' ? (functionName.startsWith('(') ? functionName : '(engine)') : 'bench'
}

const nameOf = (frame: Frame) => `${frame.functionName || '(anonymous)'}  ${placeOf(frame)}:${frame.lineNumber + 1}`

/** What a profile says of each place, function and concern. */
export function spentIn({ nodes, samples, timeDeltas }: Profile): Spent {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const stackOf = (id: number): Frame[] => {
    const stack: Frame[] = []
    for (let up: number | undefined = id; up !== undefined; up = parents.get(up)) stack.push(frames.get(up)!)
    return stack
  }
  const micros = new Map<number, number>()
  for (const [n, id] of samples.entries()) micros.set(id, (micros.get(id) ?? 0) + timeDeltas[n]!)
  const byConcern = new Map<Concern, number>()
  const [byPlace, byFunction, within] = [new Map<string, number>(), new Map<string, number>(), new Map<string, number>()]
  const add = <K>(map: Map<K, number>, key: K, more: number) => { map.set(key, (map.get(key) ?? 0) + more) }
  let total = 0
  for (const [id, own] of micros) {
    const stack = stackOf(id)
    // Neither what it waited, nor the profiler's own beginning and end.
    if (stack[0]!.functionName === '(idle)' || stack.some(({ url }) => url === 'node:inspector')) continue
    total += own
    add(byConcern, concernOf(stack.map(placeOf)), own)
    add(byPlace, placeOf(stack[0]!), own)
    add(byFunction, nameOf(stack[0]!), own)
    for (const name of new Set(stack.map(nameOf))) add(within, name, own)
  }
  return { total, byConcern, byPlace, byFunction, within }
}
