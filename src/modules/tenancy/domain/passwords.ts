import { badInput } from '../../../common/errors.js'

const PASSWORD_CHARACTERS_MIN = 12
export const PASSWORD_CHARACTERS_MAX = 256
const DIFFERENT_CHARACTERS_MIN = 5
const EMAIL_PART_CHARACTERS_MIN = 4

// What lists of leaked passwords begin with, as far as twelve characters can be made of it: a word of these that is
// repeated, or filled up with digits and signs, is as good as the word. Lower case, letters alone.
const COMMON_WORDS: ReadonlySet<string> = new Set([
  'password', 'passwort', 'passw', 'passwd', 'pass', 'qwerty', 'qwertyuiop', 'qwertz', 'azerty', 'asdfgh', 'asdfghjkl', 'zxcvbn', 'zxcvbnm', 'qazwsx', 'qazwsxedc',
  'letmein', 'welcome', 'admin', 'administrator', 'root', 'login', 'secret', 'changeme', 'default', 'guest', 'test', 'testing', 'user', 'owner', 'operator', 'manager',
  'iloveyou', 'loveyou', 'love', 'monkey', 'dragon', 'football', 'baseball', 'basketball', 'sunshine', 'princess', 'superman', 'batman', 'master', 'shadow', 'michael',
  'trustno', 'starwars', 'freedom', 'whatever', 'computer', 'internet', 'samsung', 'google', 'abc', 'abcd', 'abcdef', 'abcdefgh', 'abcdefghijkl', 'woaini', 'mima', 'drawbridge',
  'correcthorsebatterystaple', 'passwordpassword', 'adminadmin', 'iloveyouforever', 'spring', 'summer', 'autumn', 'winter', 'january', 'december', 'company', 'hello', 'helloworld',
])
const RUNS = ['01234567890123456789', '09876543210987654321', 'abcdefghijklmnopqrstuvwxyz', 'qwertyuiopasdfghjklzxcvbnm', '1qaz2wsx3edc4rfv5tgb6yhn7ujm', 'q1w2e3r4t5y6u7i8o9p0', '1q2w3e4r5t6y7u8i9o0p']
// How words are spelt to pass a rule: p@ssw0rd.
const SPELT: Readonly<Record<string, string>> = { '@': 'a', '4': 'a', '3': 'e', '1': 'i', '!': 'i', '0': 'o', '$': 's', '5': 's', '7': 't' }

/** The shortest text that `text` is a repetition of. */
function unit(text: string): string {
  for (let length = 1; length <= text.length / 2; length++) {
    if (text.length % length === 0 && text.slice(0, length).repeat(text.length / length) === text) return text.slice(0, length)
  }
  return text
}

const letters = (text: string) => text.replace(/\P{L}/gu, '')
// Digits and signs around a word are not a part of it, whatever else they can stand for.
const spelt = (text: string) => text.replace(/^[^\p{L}@$]+|[^\p{L}@$]+$/gu, '').replace(/[@43!10$57]/g, (sign) => SPELT[sign] ?? sign)

function isCommon(password: string): boolean {
  const lower = password.toLowerCase()
  const words = [lower, letters(lower), letters(spelt(lower))].map(unit)
  return words.some((word) => COMMON_WORDS.has(word)) || RUNS.some((run) => run.includes(lower) || run.includes(unit(lower)))
}

/**
 * Length counts for most (NIST SP 800-63B, 3.1.1.2); no rule asks for a digit or a sign.
 * @throws AppError BAD_USER_INPUT with `field` and what is wrong with it
 */
export function checkNewPassword(password: string, email: string, field: string): void {
  if (!password.isWellFormed()) throw badInput(field, 'holds half a character', 'PASSWORD_BROKEN')
  const characters = [...password.normalize('NFKC')]
  if (characters.length < PASSWORD_CHARACTERS_MIN) throw badInput(field, `must have at least ${PASSWORD_CHARACTERS_MIN} characters`, 'PASSWORD_SHORT', { min: PASSWORD_CHARACTERS_MIN })
  if (password.length > PASSWORD_CHARACTERS_MAX) throw badInput(field, `must have at most ${PASSWORD_CHARACTERS_MAX} characters`, 'PASSWORD_LONG', { max: PASSWORD_CHARACTERS_MAX })
  if (new Set(characters).size < DIFFERENT_CHARACTERS_MIN) throw badInput(field, `must have at least ${DIFFERENT_CHARACTERS_MIN} different characters`, 'PASSWORD_MONOTONE', { min: DIFFERENT_CHARACTERS_MIN })
  if (isCommon(password)) throw badInput(field, 'is one of the first that would be tried: a common word, a run of keys, or a repetition of them', 'PASSWORD_COMMON')
  const [local = ''] = email.split('@')
  if (local.length >= EMAIL_PART_CHARACTERS_MIN && password.toLowerCase().includes(local)) throw badInput(field, 'must not contain the e-mail’s name', 'PASSWORD_EMAIL')
}
