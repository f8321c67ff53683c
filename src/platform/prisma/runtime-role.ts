import { createHmac } from 'node:crypto'

export const RUNTIME_ROLE = 'drawbridge_app'

const derive = (secretKey: string, purpose: string) => createHmac('sha256', secretKey).update(`drawbridge/${purpose}`).digest()

/** The same for every database of a server, since roles are the server's. */
export const runtimePassword = (secretKey: string): string => derive(secretKey, 'runtime role password').toString('base64url')

/** What the installation keeps to know its SECRET_KEY again. */
export const secretCheck = (secretKey: string): Buffer => derive(secretKey, 'secret check')

/** The owner's URL as the runtime role, which owns nothing and is bound by row-level security. */
export function appDatabaseUrl(databaseUrl: string, secretKey: string): string {
  const url = new URL(databaseUrl)
  url.username = RUNTIME_ROLE
  url.password = runtimePassword(secretKey)
  return url.href
}
