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

  has(hash: number): boolean {
    return this.#young.has(hash) || this.#old.has(hash)
  }

  add(hash: number): void {
    if (this.#young.size >= REMEMBERED_MAX) {
      this.#old = this.#young
      this.#young = new Set()
    }
    this.#young.add(hash)
  }
}

export interface Admitted {
  readonly lane: Lane
  /** A VIP: not of the rate that its tenant's others share. */
  readonly isVip: boolean
  /** Who draws where, where that is known: to be told back when the draw has had its turn. */
  readonly who: number | null
  /** The participant that a tenant's server draws for, where that is known. */
  readonly named: string | null
}

const OTHERS: Admitted = { lane: 'NORMAL', isVip: false, who: null, named: null }
const NAME_CHARACTERS_MAX = 256

/** The document of every app that sends its input as a variable: one draw, of `$input`. Comments and texts could say so of another; commas are blanks. */
const DRAWS = /\bdraw[\s,]*\(/g
const DRAWS_INPUT = /\bdraw\s*\(\s*input\s*:\s*\$input\b/
const DOUBTFUL = /[#"]/

function isInputDrawn(query: unknown): boolean {
  return typeof query === 'string' && !DOUBTFUL.test(query) && DRAWS_INPUT.test(query) && query.match(DRAWS)?.length === 1
}

/**
 * PRIORITY: participants of the tier VIP, and the first draw of each participant in a campaign that this process sees. What cannot be told
 * from the variables of a request (an input within the document, or under another name) is NORMAL.
 */
export class LaneChooser {
  readonly #seen = new LatelySeen()

  choose(auth: AppAuth, body: unknown): Admitted {
    if (auth.kind === 'server' && auth.test) return OTHERS
    if (auth.kind === 'participant' && auth.tier === VIP) return { lane: 'PRIORITY', isVip: true, who: null, named: null }
    const { query, variables } = fieldsOf(body)
    if (!isInputDrawn(query)) return OTHERS
    const input = fieldsOf(fieldsOf(variables).input)
    const named = auth.kind === 'server' && typeof input.userId === 'string' && input.userId.length <= NAME_CHARACTERS_MAX ? input.userId : null
    if (auth.kind === 'server' && fieldsOf(input.participant).tier === VIP) return { lane: 'PRIORITY', isVip: true, who: null, named }
    const userId = auth.kind === 'participant' ? auth.userId : input.userId
    const { campaignId } = input
    if (typeof userId !== 'string' || typeof campaignId !== 'string') return { ...OTHERS, named }
    const who = partitionHash(`${auth.tenantId}/${campaignId}/${userId}`)
    return { lane: this.#seen.has(who) ? 'NORMAL' : 'PRIORITY', isVip: false, who, named }
  }

  /** It has had its turn: the next one is not its first. */
  begun({ lane, who }: Admitted): void {
    if (lane === 'PRIORITY' && who !== null) this.#seen.add(who)
  }
}
