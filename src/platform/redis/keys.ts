import { partitionHash } from '../../common/hash.js'

export const PARTITIONS = 64

/** A campaign's place in Redis: enough to name every key of it. */
export interface CampaignPlace {
  readonly id: string
  readonly no: number
  readonly bucketCount: number
  /** Of a test world: names of its own, which nothing that looks after a campaign's state takes for that. */
  readonly test?: true
}

export const bucketOf = (place: CampaignPlace, participantId: string): number => partitionHash(participantId) % place.bucketCount
export const partitionOf = (place: CampaignPlace, bucket: number): number => (partitionHash(place.id) + bucket) % PARTITIONS

const worldOf = ({ test }: { readonly test?: true }) => (test === true ? 't' : 'd')

const prefix = (place: CampaignPlace, bucket: number) => {
  const partition = partitionOf(place, bucket)
  return `${worldOf(place)}:{p${partition < 10 ? '0' : ''}${partition}}:${place.no.toString(36)}:`
}

/** The names of one bucket of one campaign under one epoch. All share a slot: the partition is the hash tag. */
export interface BucketKeys {
  readonly gate: string
  readonly stock: string
  readonly out: string
  readonly in: string
  readonly applied: string
  readonly stream: string
  readonly pend: string
  /** Units that are popped, by the ms from which each can be. */
  readonly due: string
  /** Short locks begin with this. */
  readonly locks: string
  /** Participants' hashes begin with this. */
  readonly participants: string
  /** A set of the participants that a test world has seen; production has none. */
  readonly members: string
}

export function bucketKeys(place: CampaignPlace, epoch: number, bucket: number): BucketKeys {
  const base = prefix(place, bucket)
  const own = `${base}${epoch}:`
  return {
    gate: `${base}gate`,
    stock: `${own}stock`,
    out: `${own}out`,
    in: `${own}in`,
    applied: `${own}applied`,
    stream: `${own}stream`,
    pend: `${own}pend`,
    due: `${own}due`,
    locks: `${own}l:`,
    participants: `${own}u:`,
    members: `${own}members`,
  }
}

export const INCARNATION_KEY = 'd:incarnation'
/** Carries `<tenantId>:<campaignId>` when a campaign's snapshot is out of date, `<tenantId>:` when the tenant's risk lists are. */
export const INVALIDATION_CHANNEL = 'd:invalidate'

/** How far a rate of all processes together has come; `name` begins with the tenant's id, the installation's is `*`. */
export const rateKey = (name: string): string => `d:rate:${name}`

/** What became of a campaign's draws in one minute (of Unix time), by second and kind; expires. */
export const liveKey = (campaignId: string, minute: number): string => `d:live:${campaignId}:${minute}`

/** Failed sign-ins of an e-mail or an address, and how long it must wait. All in one slot: a sign-in counts for both. */
export const loginKeys = (subject: string): [failures: string, block: string] => [`d:{login}:f:${subject}`, `d:{login}:b:${subject}`]

/** How many stream entries wait to be settled, as somebody has just counted. */
export const BACKLOG_KEY = 'd:backlog'

/** Held by the process that does a sweep's present round. */
export const sweepKey = (name: string): string => `d:sweep:${name}`

/** Where a device's or an address's draws are counted: in a campaign, over a tenant's, or (`testEpoch`) in one test world. */
export interface VelocityScope {
  readonly tenantId: string
  readonly campaignNo: number | null
  readonly testEpoch?: number
}

/** A device's or an address's window. Its slot is its own: participants of one device lie in many partitions. */
export function velocityKey({ tenantId, campaignNo, testEpoch }: VelocityScope, subject: 'DEVICE' | 'IP', value: string, windowSeconds: number): string {
  const scope = campaignNo === null ? tenantId : campaignNo.toString(36)
  const world = testEpoch === undefined ? 'd' : 't'
  const epoch = testEpoch === undefined ? '' : `${testEpoch}:`
  return `${world}:{v${partitionHash(value) % PARTITIONS}}:${scope}:${epoch}v:${subject === 'DEVICE' ? 'x' : 'a'}${windowSeconds}:${value}`
}

/** How many requests a tenant's test keys have made lately. */
export const testRequestsKey = (tenantId: string): string => `t:requests:${tenantId}`
