import { randomInt, randomUUID } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import Bull from 'bull'
import { Redis } from 'ioredis'
import type { PrismaClient } from '../generated/prisma/client.js'
import { type BaselineOptions, chosen, type DrawInput, type DrawPayload, type DrawsOf, type Odds, OPTIONS, PRISMA, serve } from './server.js'
import { type DrawJob, QUEUE } from './queue.js'

const KEY_SECONDS = 86_400

interface Answer { readonly id: string; readonly outcome: string; readonly prizeId: string | null }

/** Redis remembers the key, counts the quota and the stock; one Bull job a draw writes the row later. */
@Injectable()
class QueuedDraws implements DrawsOf {
  readonly #redis: Redis
  readonly #queue: Bull.Queue<DrawJob>
  #prizes: Promise<Odds[]> | undefined

  constructor(@Inject(PRISMA) private readonly prisma: PrismaClient, @Inject(OPTIONS) private readonly options: BaselineOptions) {
    this.#redis = new Redis(options.redisUrl, { enableAutoPipelining: true, keyPrefix: 'queued:' })
    this.#queue = new Bull<DrawJob>(QUEUE, options.redisUrl)
  }

  async draw({ campaignId, userId, idempotencyKey }: DrawInput): Promise<DrawPayload> {
    const prizes = await (this.#prizes ??= this.#begin(campaignId))
    const names = new Map(prizes.map(({ id, name }) => [id, name]))
    let prize = chosen(prizes, randomInt(1_000_000_000))
    const key = `key:${campaignId}:${userId}:${idempotencyKey}`
    const answer: Answer = { id: randomUUID(), outcome: prize === null ? 'LOST' : 'WON', prizeId: prize?.id ?? null }
    const [isFirst, used] = await Promise.all([
      this.#redis.set(key, JSON.stringify(answer), 'EX', KEY_SECONDS, 'NX'),
      this.#redis.incr(`quota:${campaignId}:${userId}`),
    ])
    if (isFirst === null) {
      const [known] = await Promise.all([this.#redis.get(key), this.#redis.decr(`quota:${campaignId}:${userId}`)])
      const { id, outcome, prizeId } = JSON.parse(known ?? '{}') as Answer
      return accepted(id, outcome, prizeId === null ? null : (names.get(prizeId) ?? null), true)
    }
    if (used > this.options.drawsPerUserMax) {
      await Promise.all([this.#redis.del(key), this.#redis.decr(`quota:${campaignId}:${userId}`)])
      return { __typename: 'DrawRejected', code: 'QUOTA_EXCEEDED', message: 'No draws are left' }
    }
    let { outcome, prizeId } = answer
    if (prize !== null && (await this.#redis.decr(`stock:${prize.id}`)) < 0) {
      prize = null
      outcome = 'LOST'
      prizeId = null
      await this.#redis.set(key, JSON.stringify({ ...answer, outcome, prizeId }), 'EX', KEY_SECONDS)
    }
    await this.#queue.add({ id: answer.id, campaignId, userId, idempotencyKey, outcome, prizeId }, { removeOnComplete: true, attempts: 3 })
    return accepted(answer.id, outcome, prize?.name ?? null, false)
  }

  async #begin(campaignId: string): Promise<Odds[]> {
    const prizes = await this.prisma.prize.findMany({ where: { campaignId } })
    for (const { id, stockLeft } of prizes) await this.#redis.set(`stock:${id}`, stockLeft, 'NX')
    return prizes
  }
}

const accepted = (id: string, outcome: string, prize: string | null, replayed: boolean): DrawPayload =>
  ({ __typename: 'DrawAccepted', draws: [{ id, outcome, prize: prize === null ? null : { name: prize } }], replayed })

await serve(JSON.parse(process.argv[2] ?? '') as BaselineOptions, QueuedDraws)
