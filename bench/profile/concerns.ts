/** A place of a profile: where a function stands. */
export type Concern = (typeof CONCERNS)[number]

export const CONCERNS = [
  'the answer’s way through HTTP and the socket', 'the runtime: polling, reading, parsing HTTP', 'Redis: arguments, the connection, replies', 'collecting garbage',
  'admission: who asks, lanes, rates', 'GraphQL: the document, its variables, the answer', 'deciding and what is known of the campaign', 'telemetry', 'logging',
  'settlement, events and Postgres', 'anything else',
] as const

/** The first that fits the place of a function says whose time it is; what fits none is its caller's. */
const PLACES: ReadonlyArray<readonly [RegExp, Concern]> = [
  [/^\(garbage collector\)$/, 'collecting garbage'],
  [/^\(program\)$/, 'the runtime: polling, reading, parsing HTTP'],
  [/^ours platform\/telemetry\/logger|^pino|^sonic-boom|^thread-stream/, 'logging'],
  [/^ours platform\/telemetry|^prom-client|^@opentelemetry/, 'telemetry'],
  [/^ours api\/app\/door|^node:_?http|^node:internal\/http|^fastify|^ours platform\/http/, 'the answer’s way through HTTP and the socket'],
  [/^ours api\/(?:app\/admission|auth|guard)|^ours modules\/tenancy|^ours platform\/features/, 'admission: who asks, lanes, rates'],
  [/^ours api|^graphql$|^@apollo|^@as-integrations/, 'GraphQL: the document, its variables, the answer'],
  [/^ioredis|^redis-parser|^@ioredis|^ours platform\/redis|^ours modules\/draws\/decide\.store/, 'Redis: arguments, the connection, replies'],
  [/^ours modules\/(?:settlement|events|user-center|fulfilment|codes)|^ours platform\/(?:prisma|queue|events)|^pg|^bull|^@prisma/, 'settlement, events and Postgres'],
  [/^ours modules/, 'deciding and what is known of the campaign'],
  // The limit, which is one file: its draw is what it tells Redis.
  [/^limit$/, 'Redis: arguments, the connection, replies'],
]

/** Whose time it is, by the places of the function that runs and of its callers, the innermost first. */
export function concernOf(places: Iterable<string>): Concern {
  for (const place of places) for (const [pattern, concern] of PLACES) if (pattern.test(place)) return concern
  return 'anything else'
}
