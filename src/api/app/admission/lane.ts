import { partitionHash } from '../../../common/hash.js'
import type { AppAuth } from '../../auth/request-auth.js'
import type { Lane } from './draw-lanes.js'

/** The tier that is always served first, by the token's word or a tenant's server's. */
const VIP = 'VIP'
const REMEMBERED_MAX = 250_000

type Fields = Readonly<Record<string, unknown>>
const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? (value as Fields) : {})

/** Who has drawn where lately, by a hash: one in 10 000 is taken for another, and waits in the other lane. */
class LatelySeen {
  #young = new Set<number>()
  #old = new Set<number>()

  /** Whether it is seen for the first time. */
  isFirst(name: string): boolean {
    const hash = partitionHash(name)
    if (this.#young.has(hash) || this.#old.has(hash)) return false
    if (this.#young.size >= REMEMBERED_MAX) {
      this.#old = this.#young
      this.#young = new Set()
    }
    this.#young.add(hash)
    return true
  }
}

/** `takesNoToken`: not of the tenant's rate. A participant's own rate, and its address's, hold for everybody. */
export interface Admitted { readonly lane: Lane; readonly takesNoToken: boolean }

const FIRST_DRAW: Admitted = { lane: 'PRIORITY', takesNoToken: false }
const ALWAYS_FIRST: Admitted = { lane: 'PRIORITY', takesNoToken: true }
const OTHERS: Admitted = { lane: 'NORMAL', takesNoToken: false }

/**
 * PRIORITY: participants of the tier VIP, and the first draw of each participant in a campaign that this process sees. What cannot be told
 * from the variables of a request (an input within the document) is NORMAL.
 */
export class LaneChooser {
  readonly #seen = new LatelySeen()

  choose(auth: AppAuth, body: unknown): Admitted {
    if (auth.kind === 'server' && auth.test) return OTHERS
    const input = fieldsOf(fieldsOf(fieldsOf(body).variables).input)
    const tier = auth.kind === 'participant' ? auth.tier : fieldsOf(input.participant).tier
    if (tier === VIP) return ALWAYS_FIRST
    const userId = auth.kind === 'participant' ? auth.userId : input.userId
    const { campaignId } = input
    if (typeof userId !== 'string' || typeof campaignId !== 'string') return OTHERS
    return this.#seen.isFirst(`${auth.tenantId}/${campaignId}/${userId}`) ? FIRST_DRAW : OTHERS
  }
}
