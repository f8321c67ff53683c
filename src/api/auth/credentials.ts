import type { IncomingHttpHeaders } from 'node:http'

const SESSION_COOKIE = '__Host-drawbridge'
const CREDENTIAL_CHARACTERS_MAX = 4_096

const bounded = (text: string | undefined) => (text !== undefined && text.length <= CREDENTIAL_CHARACTERS_MAX ? text : null)

/** The X-Api-Key header: null when it is missing, sent twice or too long to be one. */
export function apiKeyOf(headers: IncomingHttpHeaders): string | null {
  const value = headers['x-api-key']
  return typeof value === 'string' ? bounded(value.trim()) : null
}

/** RFC 6750; the scheme's name is not case-sensitive. */
export function bearerOf(headers: IncomingHttpHeaders): string | null {
  return bounded(/^bearer +([\x21-\x7e]+) *$/i.exec(headers.authorization ?? '')?.[1])
}

export function sessionCookieOf(headers: IncomingHttpHeaders): string | null {
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name, value] = pair.split('=', 2)
    if (name?.trim() === SESSION_COOKIE) return bounded(value?.trim())
  }
  return null
}

/** `token` null takes the cookie away. The __Host- prefix makes browsers insist on Secure, Path=/ and no Domain. */
export function sessionCookie(token: string | null, maxAgeSeconds: number): string {
  return `${SESSION_COOKIE}=${token ?? ''}; Path=/; Max-Age=${token === null ? 0 : maxAgeSeconds}; Secure; HttpOnly; SameSite=Strict`
}

/**
 * Whether a browser says that a page of ours sent this request. Null when it does not say: no browser leaves Origin
 * out of a cross-site POST, so that is a script, or an old page of ours.
 */
export function fromOwnOrigin(headers: IncomingHttpHeaders, publicUrl: string): boolean | null {
  const { origin, host } = headers
  if (origin === undefined) return null
  if (!URL.canParse(origin)) return false
  const given = new URL(origin)
  return given.host === host || given.origin === new URL(publicUrl).origin
}
