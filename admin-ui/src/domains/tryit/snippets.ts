/** What an app sends for one press of its button, with all that it needs to know of the answer. */
export const DRAW = `mutation Draw($input: DrawInput!) {
  draw(input: $input) {
    ... on DrawAccepted {
      replayed
      draws { id outcome prize { name } award { id status code } }
    }
    ... on DrawRejected { code message retryAfterMs }
  }
}`

export interface DrawCall {
  /** Of the app API. */
  readonly url: string
  readonly campaignId: string
  readonly userId: string
}

const line = (text: string) => text.replaceAll(/\s+/g, ' ')
/** In single quotes, whatever it holds. */
const shellQuoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
const quoted = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

export function asCurl({ url, campaignId, userId }: DrawCall, idempotencyKey: string): string {
  const body = JSON.stringify({ query: line(DRAW), variables: { input: { campaignId, userId, idempotencyKey } } })
  return [
    `curl ${shellQuoted(url)} \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -H "X-Api-Key: $DRAWBRIDGE_API_KEY" \\`,
    `  -d ${shellQuoted(body)}`,
  ].join('\n')
}

/** `about`: what the reader should know of the key, as a comment. */
export const asTypeScript = ({ url, campaignId, userId }: DrawCall, about: string): string => `const query = \`${DRAW}\`

export async function draw(userId: string, idempotencyKey: string) {
  const response = await fetch(${quoted(url)}, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': process.env.DRAWBRIDGE_API_KEY ?? '' },
    body: JSON.stringify({ query, variables: { input: { campaignId: ${quoted(campaignId)}, userId, idempotencyKey } } }),
  })
  const { data, errors } = await response.json()
  if (errors) throw new Error(errors[0].message)
  return data.draw
}

// ${about}
console.log(await draw(${quoted(userId)}, crypto.randomUUID()))`
