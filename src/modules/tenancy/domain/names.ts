import { badInput } from '../../../common/errors.js'

const SLUG = /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/
const EMAIL = /^[^\s@,;:<>()[\]"\\]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?$/
const EMAIL_CHARACTERS_MAX = 254
const NAME_CHARACTERS_MAX = 100
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

export const isSlug = (text: string): boolean => SLUG.test(text)

export function checkedSlug(slug: string, field = 'slug'): string {
  if (!isSlug(slug)) throw badInput(field, 'must be 1 to 64 characters of a-z, 0-9 and "-", and neither begin nor end with "-"', 'SLUG')
  return slug
}

/** The spelling under which an e-mail is kept and looked for. Throws BAD_USER_INPUT where it cannot be one. */
export function normalEmail(email: string, field = 'email'): string {
  const normal = email.trim().toLowerCase()
  if (normal.length > EMAIL_CHARACTERS_MAX || !EMAIL.test(normal)) throw badInput(field, 'is not an e-mail address', 'EMAIL')
  return normal
}

export function checkedName(name: string, field = 'name'): string {
  const trimmed = name.trim()
  if (trimmed.length < 1 || trimmed.length > NAME_CHARACTERS_MAX || CONTROL.test(trimmed) || !trimmed.isWellFormed()) {
    throw badInput(field, `must be 1 to ${NAME_CHARACTERS_MAX} characters, none of them a control character`, 'NAME', { max: NAME_CHARACTERS_MAX })
  }
  return trimmed
}
