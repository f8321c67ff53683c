const MUTATION = /\bmutation\b/
const DRAW = /\bdraw\b/

/**
 * Whether a request's body can be a draw, told without parsing GraphQL. Names there have no second spelling, so a
 * mutation that draws always contains both words; another document that does (in a comment, say) counts as one too.
 */
export function mayDraw(body: unknown): boolean {
  const query = typeof body === 'object' && body !== null && 'query' in body ? body.query : undefined
  return typeof query === 'string' && MUTATION.test(query) && DRAW.test(query)
}
