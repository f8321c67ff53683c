import type { Seed } from '../seed.js'

/** Documents that apps may well send: what they ask for is compiled. */
const PLAIN = [
  'mutation Draw($input: DrawInput!) { draw(input: $input) { __typename ... on DrawAccepted { replayed draws { id outcome prize { name } award { id status } } } ... on DrawRejected { code message } } }',
  'mutation ($input: DrawInput!) { draw(input: $input) { __typename ... on DrawAccepted { drawsLeft draws { userId ordinal state outcome createdAt } } ... on DrawRejected { code retryAfterMs } } }',
  'mutation Draw($input: DrawInput!) { draw(input: $input) { ... on DrawAccepted { draws { ...D } } ... on DrawRejected { code } } } fragment D on Draw { id outcome prize { kind value { amountMinor currency } } }',
]
const LEAVES = ['id', 'campaignId', 'userId', 'ordinal', 'state', 'outcome', 'createdAt', '__typename', 'again: id', 'id @include(if: true)']
const PRIZE = ['prize { name }', 'prize { id kind imageUrl value { amountMinor currency } }', 'p: prize { n: name name }', 'prize { name } prize { kind }']
const AWARD = ['award { id status code amount { amountMinor } }', 'award { drawId prize { name } createdAt codeExpiresAt }', 'award { code }', 'award { nothing }']
const ODD: readonly unknown[] = [null, 1, -1, 1.5, 2 ** 40, true, '', ' ', 'x'.repeat(300), '\0', '\ud800', '🎁', [], ['a'], {}, '1', '00000000-0000-7000-8000-000000000000']
const CAMPAIGNS = ['CAMPAIGN-won', 'CAMPAIGN-won', 'CAMPAIGN-coupon', 'CAMPAIGN-lost', 'CAMPAIGN-lost', 'CAMPAIGN-sold', 'none']
const PLAIN_SHARE = 0.65

export interface Bodies {
  /** Valid, invalid or hostile; `byDevice`: of a caller whose token says who it is. */
  body(byDevice: boolean): string
  headers(): Record<string, string>
}

/** Makes requests by chance. Campaigns are CAMPAIGN-<kind> in them, and the idempotency key is KEY. */
export function randomBodies({ random, int, pick }: Seed): Bodies {
  const maybe = (share: number, text: string) => (random() < share ? text : '')
  const several = (from: readonly string[], most: number) => Array.from({ length: 1 + int(most) }, () => pick(from)).join(' ')

  function selection(): string {
    const draws = `draws { ${several([...LEAVES, ...LEAVES, ...PRIZE, ...AWARD], 6)} ${maybe(0.1, '...F')} ${maybe(0.1, '... on Draw { id ordinal }')} }`
    const accepted = `... on DrawAccepted { ${pick([draws, `${draws} replayed`, 'replayed drawsLeft', `replayed ... on DrawAccepted { drawsLeft } ${draws}`])} }`
    const refused = pick(['... on DrawRejected { code message retryAfterMs }', '... on DrawRejected { c: code }', '... on Prize { name }', '...R', ''])
    return `${maybe(0.8, '__typename')} ${maybe(0.95, accepted)} ${refused} ${maybe(0.1, '... on DrawPayload { __typename }')}`
  }

  function odd(): string {
    const variable = pick(['$input: DrawInput!', '$input: DrawInput!', '$input: DrawInput!', '$input: DrawInput', '$other: DrawInput!', '$input: DrawInput!, $x: Int'])
    const argument = pick(['input: $input', 'input: $input', 'input: $input', 'input: {campaignId: "x", idempotencyKey: "y"}', 'input: $input, more: 1', ''])
    const root = pick(['draw', 'draw', 'draw', 'mine: draw', 'draw @skip(if: false)', 'drew', 'proto__: draw'])
    const set = selection()
    const fragments = `${set.includes('...F') ? ` fragment F on Draw { id outcome ${maybe(0.2, '...F')} }` : ''}${set.includes('...R') ? ` fragment R on DrawRejected { code }` : ''}`
    const twice = maybe(0.05, ` second: draw(${argument}) { __typename }`)
    return `${pick(['mutation', 'mutation Draw', 'mutation Draw', 'query Draw', '# a comment\nmutation Draw'])}(${variable}) { ${root}(${argument}) { ${set} }${twice} }${fragments}${maybe(0.1, ' query Other { __typename }')}`
  }

  const documents = Array.from({ length: 500 }, odd)

  function input(byDevice: boolean): Record<string, unknown> {
    const whole: Record<string, unknown> = { campaignId: pick(CAMPAIGNS), idempotencyKey: 'KEY' }
    if (!byDevice || random() < 0.2) whole.userId = `user-${int(40)}`
    const more: Record<string, unknown> = {
      count: pick([1, 1, 2, 10, 11, 0, '1', 1.0, 2 ** 31]), deviceId: pick(['device', null, 7]), ip: pick(['198.51.100.7', '2001:db8::1', 'not an address', null]),
      participant: pick([{ tier: 'gold' }, { tier: 'VIP' }, { attributes: [{ name: 'a', number: 1 }] }, { tier: 5 }, null]), nothing: 1, __proto__x: {},
    }
    const share = byDevice ? 0.03 : 0.07
    for (const name of Object.keys(more)) if (random() < share) whole[name] = more[name]
    if (random() < 0.08) whole[pick(Object.keys(whole))] = pick(ODD)
    if (random() < 0.04) delete whole[pick(Object.keys(whole))]
    return whole
  }

  return {
    body(byDevice) {
      const one = { input: input(byDevice) }
      const isPlain = random() < PLAIN_SHARE
      const variables = random() < 0.88 ? one : pick<unknown>([{ ...one, other: 1 }, { input: null }, { input: [one.input] }, {}, null, 'text', []])
      const whole: Record<string, unknown> = { query: isPlain ? pick(PLAIN) : pick(documents), variables }
      if (random() < 0.1) whole.operationName = pick([null, 'Draw', 'Draw', 'Other', 'None', '', 5])
      if (random() < 0.03) whole.extensions = pick<unknown>([{}, null, { persistedQuery: { version: 1, sha256Hash: 'x' } }])
      const text = JSON.stringify(random() < 0.02 ? [whole] : whole)
      return random() < 0.02 ? text.slice(0, -2) : text
    },
    headers() {
      const accept = pick<string | undefined>([undefined, undefined, '*/*', 'application/json', 'application/graphql-response+json', 'application/graphql-response+json, application/json',
        '*/*', 'application/json', 'application/graphql-response+json', 'application/json, application/graphql-response+json', 'text/html', 'application/*;q=0.5', 'multipart/mixed'])
      const address = pick<string | undefined>([undefined, '198.51.100.1', '198.51.100.2', '2001:db8::1', '2001:db8::2', '203.0.113.9, 198.51.100.1'])
      return {
        'content-type': random() < 0.05 ? 'text/plain' : pick(['application/json', 'application/json; charset=utf-8', 'application/json;charset=utf-8']),
        ...(accept === undefined ? {} : { accept }),
        ...(address === undefined ? {} : { 'x-forwarded-for': address }),
        // Of another origin: not for the door, and still for the compiled way behind it.
        ...(random() < 0.1 ? { origin: 'https://app.example' } : {}),
        ...(random() < 0.1 ? { 'x-request-id': pick(['mine', 'not an id', 'x'.repeat(500)]) } : {}),
      }
    },
  }
}
