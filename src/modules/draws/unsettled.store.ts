import { Injectable } from '@nestjs/common'
import type { CampaignSnapshot } from '../campaigns/domain/snapshot.js'
import { bucketKeys, bucketOf } from '../../platform/redis/keys.js'
import { RedisService } from '../../platform/redis/redis.service.js'
import { parseAnswer, type StoredAnswer } from './domain/answer.js'
import type { DecidedDraws } from './draws.types.js'

const ENTRIES_PER_STREAM_MAX = 2_000

/** What Redis holds of one participant in one campaign. */
export interface ParticipantCounts {
  readonly draws: number
  /** The local day that `drawsThatDay` counts; null before the first draw. */
  readonly day: number | null
  readonly drawsThatDay: number
  readonly tickets: number
  readonly wins: number
}

/** Answered draws that are not yet rows: read from where the script wrote them. */
@Injectable()
export class UnsettledStore {
  constructor(private readonly redis: RedisService) {}

  /** The request that made this draw; null once it is settled. */
  async find(campaign: CampaignSnapshot, bucket: number, snowflake: bigint): Promise<DecidedDraws | null> {
    const keys = bucketKeys(campaign, campaign.epoch, bucket)
    const seq = await this.redis.client.hget(keys.pend, snowflake.toString())
    if (seq === null) return null
    const [entry] = await this.redis.client.xrange(keys.stream, `${seq}-0`, `${seq}-0`)
    return entry === undefined ? null : decodeEntry(campaign, bucket, entry)
  }

  /** One participant's, whatever the length of the stream. */
  async ofParticipant(campaign: CampaignSnapshot, participantId: string): Promise<DecidedDraws[]> {
    const bucket = bucketOf(campaign, participantId)
    const keys = bucketKeys(campaign, campaign.epoch, bucket)
    const fields = await this.redis.client.hgetall(keys.participants + participantId)
    const answers = Object.entries(fields).filter(([field]) => field.startsWith('k')).map(([field, value]) => ({ key: field.slice(1), answer: parseAnswer(value) }))
    if (answers.length === 0) return []
    const pending = await this.redis.client.hmget(keys.pend, ...answers.map(({ answer }) => answer.snowflakes[0]!.toString()))
    return answers.filter((_, n) => pending[n] !== null).map(({ key, answer }) => decidedFrom(campaign, bucket, participantId, key, answer))
  }

  /** The newest of a campaign: at most 2 000 requests of each bucket. */
  async ofCampaign(campaign: CampaignSnapshot): Promise<DecidedDraws[]> {
    const perBucket = await Promise.all(Array.from({ length: campaign.bucketCount }, async (_, bucket) => {
      const entries = await this.redis.client.xrevrange(bucketKeys(campaign, campaign.epoch, bucket).stream, '+', '-', 'COUNT', ENTRIES_PER_STREAM_MAX)
      return entries.map((entry) => decodeEntry(campaign, bucket, entry))
    }))
    return perBucket.flat().filter((decided) => decided !== null)
  }

  async counts(campaign: CampaignSnapshot, participantId: string): Promise<ParticipantCounts> {
    const key = bucketKeys(campaign, campaign.epoch, bucketOf(campaign, participantId)).participants + participantId
    const [draws, day, drawsThatDay, tickets, ...wins] = await this.redis.client.hmget(key, 'n', 'D', 'd', 't', ...campaign.prizes.map(({ position }) => `w${position}`))
    return {
      draws: Number(draws ?? 0),
      day: day == null ? null : Number(day),
      drawsThatDay: Number(drawsThatDay ?? 0),
      tickets: Number(tickets ?? 0),
      wins: wins.reduce((sum, count) => sum + Number(count ?? 0), 0),
    }
  }
}

function decodeEntry(campaign: CampaignSnapshot, bucket: number, [, fields]: [string, string[]]): DecidedDraws | null {
  const field = (name: string) => fields[fields.findIndex((text, n) => n % 2 === 0 && text === name) + 1] ?? ''
  if (field('y') !== 'D') return null
  const answer = parseAnswer([field('f'), field('c'), field('i'), field('o'), field('r')].join('|'))
  return decidedFrom(campaign, bucket, field('u'), field('k'), answer)
}

function decidedFrom(
  campaign: CampaignSnapshot, bucket: number, participantId: string, idempotencyKey: string, answer: StoredAnswer,
): DecidedDraws {
  return {
    campaign, bucket, participantId, idempotencyKey,
    seq: answer.seq ?? 0,
    fingerprint: answer.fingerprint,
    createdAtMs: answer.createdAtMs,
    campaignVersion: answer.campaignVersion ?? campaign.version,
    deviceId: null, ip: null, traceParent: null,
    draws: answer.snowflakes.map((snowflake, ordinal) => ({
      snowflake, ordinal,
      roll: answer.rolls[ordinal] ?? 0,
      position: answer.outcomes[ordinal]?.position ?? 0,
      asFallback: answer.outcomes[ordinal]?.asFallback ?? false,
    })),
  }
}
