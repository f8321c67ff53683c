import type { Report } from './report.js'

export type FulfilmentKind = 'WALLET' | 'WEBHOOK' | 'MANUAL'
/** What becomes of the unit of an award that is taken back: it lies in the vault again, or leaves the campaign. */
export type StockFate = 'RETURN_TO_VAULT' | 'WRITE_OFF'

/** How a prize's awards reach their owners. */
export interface Fulfilment {
  readonly kind: FulfilmentKind
  /** Of a WEBHOOK: where the award is posted to. */
  readonly url: string | null
  /** Of MANUAL: how long its owner has to give an address, from the draw on; null: for ever. */
  readonly claimWithinSeconds: number | null
  /** What becomes of the unit when nobody claimed it in time. */
  readonly onExpiry: StockFate
}

const KINDS: readonly string[] = ['WALLET', 'WEBHOOK', 'MANUAL'] satisfies FulfilmentKind[]
const URL_CHARACTERS_MAX = 2_000
const CLAIM_SECONDS_MIN = 60
const CLAIM_SECONDS_MAX = 2 * 366 * 86_400

/** The column's json, in one order of fields; null for what is none. */
export function readFulfilment(json: unknown): Fulfilment | null {
  if (typeof json !== 'object' || json === null) return null
  const { kind, url, claimWithinSeconds, onExpiry } = json as Partial<Record<keyof Fulfilment, unknown>>
  if (typeof kind !== 'string' || !KINDS.includes(kind)) return null
  return {
    kind: kind as FulfilmentKind,
    url: typeof url === 'string' ? url : null,
    claimWithinSeconds: typeof claimWithinSeconds === 'number' ? claimWithinSeconds : null,
    onExpiry: onExpiry === 'WRITE_OFF' ? 'WRITE_OFF' : 'RETURN_TO_VAULT',
  }
}

/** Names of this machine: the only ones that may be called without TLS. */
export const isLoopbackName = (hostname: string): boolean => hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)

/** Whether the text can be a webhook's address: https (http on this machine alone), without user, password or fragment. Whom it leads to is seen when it is called. */
function isWebhookUrl(text: string): boolean {
  if (text.length > URL_CHARACTERS_MAX || !URL.canParse(text)) return false
  const { protocol, hostname, username, password, hash } = new URL(text)
  return (protocol === 'https:' || (protocol === 'http:' && isLoopbackName(hostname))) && username === '' && password === '' && hash === ''
}

/** All that is wrong with a prize's way of fulfilment; `path` is its own. */
export function fulfilmentProblems(
  fulfilment: Fulfilment | null, path: string, report: Report,
): void {
  if (fulfilment === null) return
  const { kind, url, claimWithinSeconds } = fulfilment
  if (kind === 'WEBHOOK' && (url === null || !isWebhookUrl(url))) report(`${path}.url`, 'a WEBHOOK needs an https address of at most 2000 characters, without user, password and fragment', 'WEBHOOK_URL', { max: 2000 })
  if (kind !== 'WEBHOOK' && url !== null) report(`${path}.url`, 'only a WEBHOOK has one', 'WEBHOOK_ONLY')
  if (claimWithinSeconds === null) return
  if (kind !== 'MANUAL') report(`${path}.claimWithinSeconds`, 'only a MANUAL prize is claimed', 'MANUAL_ONLY')
  else if (!Number.isInteger(claimWithinSeconds) || claimWithinSeconds < CLAIM_SECONDS_MIN || claimWithinSeconds > CLAIM_SECONDS_MAX) {
    report(`${path}.claimWithinSeconds`, `must be from ${CLAIM_SECONDS_MIN} to ${CLAIM_SECONDS_MAX}, or null for no limit`, 'RANGE', { min: CLAIM_SECONDS_MIN, max: CLAIM_SECONDS_MAX })
  }
}
