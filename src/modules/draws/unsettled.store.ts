import { Injectable } from '@nestjs/common'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import { bucketKeys, bucketOf } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { parseAnswer, type StoredAnswer } from './domain/answer.js'
import type { HeldTickets } from './domain/ticket-lots.js'
import type { DecidedDraw, DecidedDraws } from './draws.types.js'

const ENTRIES_PER_STREAM_MAX = 2_000
const ENTRIES_PER_LOOK = 500
// Ids are made before the script gives a request its place in the stream: neighbours may lie the other way round.
const DISORDER = 32

/** What Redis holds of one participant in one campaign. */
export interface ParticipantCounts {
  readonly draws: number
  /** The local day that `drawsThatDay` counts; null before the first draw. */
  readonly day: number | null
  readonly drawsThatDay: number
  readonly tickets: HeldTickets
  readonly wins: number
  /** Local days in a row with a draw, up to `day`. */
  readonly streak: number
}

/** Answered draws that are not yet rows: read from where the script wrote them. */
@Injectable()
export class UnsettledStore {
  constructor(private readonly redis: RedisService) {}

  /** The request that made this draw; null once it is settled. */
  async find(campaign: CampaignSnapshot, bucket: number, snowflake: bigint): Promise<DecidedDraws | null> {
    const keys = bucketKeys(campaign, campaign.epoch, bucket)
    const seq = await this.redis.guarded(() => this.redis.client.hget(keys.pend, snowflake.toString()))
    if (seq === null) return null
    const [entry] = await this.redis.guarded(() => this.redis.client.xrange(keys.stream, `${seq}-0`, `${seq}-0`))
    return entry === undefined ? null : decodeEntry(campaign, bucket, entry)
  }

  /** One participant's, whatever the length of the stream. */
  async ofParticipant(campaign: CampaignSnapshot, participantId: string): Promise<DecidedDraws[]> {
    const bucket = bucketOf(campaign, participantId)
    const keys = bucketKeys(campaign, campaign.epoch, bucket)
    const fields = await this.redis.guarded(() => this.redis.client.hgetall(keys.participants + participantId))
    const answers = Object.entries(fields).filter(([field]) => field.startsWith('k')).map(([field, value]) => ({ key: field.slice(1), answer: parseAnswer(value) }))
    if (answers.length === 0) return []
    const firsts = answers.map(({ answer }) => answer.snowflakes[0]!.toString())
    const pending = await this.redis.guarded(() => this.redis.client.hmget(keys.pend, ...firsts))
    return answers.filter((_, n) => pending[n] !== null).map(({ key, answer }) => decidedFrom(campaign, bucket, participantId, key, answer))
  }

  /** The newest of a campaign that fit: some more than `wanted` of each bucket, looked for among its newest 2 000 requests. */
  async ofCampaign(campaign: CampaignSnapshot, wanted: number, fits: (draw: DecidedDraw) => boolean): Promise<DecidedDraws[]> {
    const buckets = Array.from({ length: campaign.bucketCount }, (_, bucket) => bucket)
    return (await Promise.all(buckets.map((bucket) => this.#newest(campaign, bucket, wanted + DISORDER, fits)))).flat()
  }

  async #newest(campaign: CampaignSnapshot, bucket: number, wanted: number, fits: (draw: DecidedDraw) => boolean): Promise<DecidedDraws[]> {
    const { stream } = bucketKeys(campaign, campaign.epoch, bucket)
    const found: DecidedDraws[] = []
    let read = 0
    let newest = '+'
    while (found.length < wanted && read < ENTRIES_PER_STREAM_MAX) {
      // The first look is all that it takes unless the page begins further down, or asks for one outcome.
      const count = read === 0 ? wanted : ENTRIES_PER_LOOK
      const from = newest
      const entries = await this.redis.guarded(() => this.redis.client.xrevrange(stream, from, '-', 'COUNT', count))
      const decided = entries.map((entry) => decodeEntry(campaign, bucket, entry)).filter((some) => some !== null)
      found.push(...decided.filter(({ draws }) => draws.some(fits)))
      read += entries.length
      if (entries.length < count) break
      newest = `(${entries.at(-1)![0]}`
    }
    return found
  }

  /** Null where the gate does not vouch for them: it is missing, of another epoch, or the campaign is being restored. */
  async counts(campaign: CampaignSnapshot, participantId: string): Promise<ParticipantCounts | null> {
    const keys = bucketKeys(campaign, campaign.epoch, bucketOf(campaign, participantId))
    const fields = ['n', 'D', 'd', 't', 'tl', 'td', 'sc', ...campaign.prizes.map(({ position }) => `w${position}`)]
    // The gate last: a Redis that loses everything in between has no gate either.
    const [counted, gate] = await this.redis.guarded(() => Promise.all([
      this.redis.client.hmget(keys.participants + participantId, ...fields),
      this.redis.client.hmget(keys.gate, 'e', 's'),
    ]))
    // Gates of campaigns that are long over are not restored, and nobody draws by these counts.
    const over = campaign.status === 'ENDED' || campaign.status === 'ARCHIVED'
    if (!over && (gate[0] !== String(campaign.epoch) || gate[1] === 'RECOVERING')) return null
    const [draws, day, drawsThatDay, never, lots, freeDay, streak, ...wins] = counted
    return {
      draws: Number(draws ?? 0),
      day: day == null ? null : Number(day),
      drawsThatDay: Number(drawsThatDay ?? 0),
      tickets: { never: Number(never ?? 0), lots: lots ?? '', freeDay: freeDay == null ? null : Number(freeDay) },
      wins: wins.reduce((sum, count) => sum + Number(count ?? 0), 0),
      streak: day == null ? 0 : Number(streak ?? 1),
    }
  }
}

function decodeEntry(campaign: CampaignSnapshot, bucket: number, [id, fields]: [string, string[]]): DecidedDraws | null {
  const field = (name: string) => {
    const at = fields.findIndex((text, n) => n % 2 === 0 && text === name)
    return at < 0 ? '' : (fields[at + 1] ?? '')
  }
  if (field('y') !== 'D') return null
  const parts = [field('f'), field('c'), field('i'), field('o'), field('r'), id.slice(0, -2), field('v'), field('ot')]
  return decidedFrom(campaign, bucket, field('u'), field('k'), parseAnswer(parts.join('|')))
}

function decidedFrom(
  campaign: CampaignSnapshot, bucket: number, participantId: string, idempotencyKey: string, answer: StoredAnswer,
): DecidedDraws {
  return {
    campaign, bucket, participantId, idempotencyKey,
    run: null,
    seq: answer.seq ?? 0,
    fingerprint: answer.fingerprint,
    createdAtMs: answer.createdAtMs,
    campaignVersion: answer.campaignVersion ?? campaign.version,
    oddsTable: answer.oddsTable,
    deviceId: null, ip: null, traceParent: null,
    draws: answer.snowflakes.map((snowflake, ordinal) => ({
      snowflake, ordinal,
      roll: answer.rolls[ordinal] ?? 0,
      position: answer.outcomes[ordinal]?.position ?? 0,
      wonAs: answer.outcomes[ordinal]?.wonAs ?? null,
      amountMinor: answer.outcomes[ordinal]?.amountMinor ?? null,
    })),
  }
}
