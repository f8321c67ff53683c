import { badInput } from './errors.js'

const CHARACTERS_MAX = 100

/** Cursors of one kind of list: what names its row, behind a prefix that no other list's cursors have. */
export function rowCursors(prefix: string, row: RegExp) {
  const encode = (name: string): string => Buffer.from(`${prefix}:${name}`).toString('base64url')
  return {
    encode,
    /** Null for none. Throws BAD_USER_INPUT. */
    decode(after: string | null): string | null {
      if (after === null) return null
      const text = after.length > CHARACTERS_MAX ? '' : Buffer.from(after, 'base64url').toString('utf8')
      const name = text.slice(prefix.length + 1)
      if (!text.startsWith(`${prefix}:`) || !row.test(name) || encode(name) !== after) throw badInput('after', 'is no cursor of this list')
      return name
    },
  }
}

const FIRST_MAX = 100

/** Throws BAD_USER_INPUT. */
export function checkFirst(first: number): void {
  if (!Number.isInteger(first) || first < 1 || first > FIRST_MAX) throw badInput('first', `must be 1 to ${FIRST_MAX}`)
}
