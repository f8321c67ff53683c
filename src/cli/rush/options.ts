import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { MECHANICS, type RushMechanic } from './mechanics.js'

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {}

export const HELP = `Plays a rush against a running server, and checks every answer and the books afterwards.

  npm run rush -- --users 5000 --draws 20000

  --mechanic M         ${MECHANICS.join(', ')} (FLASH_SALE)
  --users N            participants (5000)
  --draws N            draws with keys of their own (20000)
  --concurrency N      requests at the same time (64)
  --repeat-share F     repeats of earlier draws on top, as a share of the draws (0.1); half of them at the same time as their draw
  --seed N             plays the same rush again
  --url URL            another server's GraphQL endpoint, with --api-key KEY; its books are audited when it also gets
                       --operator-email and --operator-password
  --campaign ID        an existing campaign, instead of one of its own with less stock than draws
  --metrics-url URL    that server's metrics, which tell how often draws asked Redis (port + 1 of the npm start)

  Without --url it plays against the npm start whose DATA_DIR is this one's (.data).
  Draws whose answer is lost are sent again under the same key, for up to a minute: the server may be killed meanwhile.
  Exit code 1: the books are not balanced, an answer changed, a draw is lost, or a draw found no answer.`

const OPTIONS = {
  mechanic: { type: 'string', default: 'FLASH_SALE' },
  'metrics-url': { type: 'string' },
  users: { type: 'string', default: '5000' },
  draws: { type: 'string', default: '20000' },
  concurrency: { type: 'string', default: '64' },
  'repeat-share': { type: 'string', default: '0.1' },
  seed: { type: 'string' },
  url: { type: 'string' },
  'api-key': { type: 'string' },
  'operator-email': { type: 'string' },
  'operator-password': { type: 'string' },
  campaign: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const

export interface RushOptions {
  readonly mechanic: RushMechanic
  readonly metricsUrl: string | null
  readonly users: number
  readonly draws: number
  readonly concurrency: number
  readonly repeatShare: number
  readonly seed: number
  readonly url: string | null
  readonly apiKey: string | null
  readonly operatorEmail: string | null
  readonly operatorPassword: string | null
  readonly campaign: string | null
  readonly help: boolean
}

function whole(name: string, text: string, min: number, max: number): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max) throw new UsageError(`--${name}: must be a whole number from ${min} to ${max}`)
  return value
}

function share(text: string): number {
  const value = Number(text)
  if (!/^\d*\.?\d+$/.test(text) || value > 1) throw new UsageError('--repeat-share: must be from 0 to 1')
  return value
}

function mechanicOf(text: string): RushMechanic {
  const mechanic = MECHANICS.find((one) => one === text.toUpperCase())
  if (mechanic === undefined) throw new UsageError(`--mechanic: must be one of ${MECHANICS.join(', ')}`)
  return mechanic
}

const isHttp = (url: string) => /^https?:$/.test(URL.parse(url)?.protocol ?? '')

/** Throws UsageError. */
export function readOptions(args: string[]): RushOptions {
  try {
    const { values } = parseArgs({ args, options: OPTIONS })
    for (const name of ['url', 'metrics-url'] as const) {
      if (values[name] !== undefined && !isHttp(values[name])) throw new UsageError(`--${name}: must be a URL that begins with http:// or https://`)
    }
    if ((values.url === undefined) !== (values['api-key'] === undefined)) throw new UsageError('--url and --api-key go together')
    const operatorEmail = values['operator-email'] ?? null
    const operatorPassword = values['operator-password'] ?? null
    if ((operatorEmail === null) !== (operatorPassword === null)) throw new UsageError('--operator-email and --operator-password go together')
    if (values.url !== undefined && operatorEmail === null && values.campaign === undefined) {
      throw new UsageError('--url: also needs --campaign, or --operator-email and --operator-password to make one')
    }
    return {
      mechanic: mechanicOf(values.mechanic),
      metricsUrl: values['metrics-url'] ?? null,
      users: whole('users', values.users, 1, 1_000_000),
      draws: whole('draws', values.draws, 1, 1_000_000),
      concurrency: whole('concurrency', values.concurrency, 1, 2_000),
      repeatShare: share(values['repeat-share']),
      seed: values.seed === undefined ? randomInt(2 ** 31) : whole('seed', values.seed, 0, 2 ** 31 - 1),
      url: values.url ?? null,
      apiKey: values['api-key'] ?? null,
      operatorEmail,
      operatorPassword,
      campaign: values.campaign ?? null,
      help: values.help,
    }
  } catch (error) {
    if (error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')) throw new UsageError(error.message)
    throw error
  }
}
