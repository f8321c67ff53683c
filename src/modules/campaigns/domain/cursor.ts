import { isUuid } from '../../../common/ids.js'

const PREFIX = 'campaign:'

/** A place in the list of campaigns, opaque to callers. */
export const encodeCursor = (id: string): string => Buffer.from(`${PREFIX}${id}`).toString('base64url')

/** Null for what `encodeCursor` did not write. */
export function decodeCursor(cursor: string): string | null {
  if (cursor.length > 100) return null
  const text = Buffer.from(cursor, 'base64url').toString('utf8')
  const id = text.slice(PREFIX.length)
  return text.startsWith(PREFIX) && isUuid(id) && encodeCursor(id) === cursor ? id : null
}
