import { randomInt, randomUUID } from 'node:crypto'
import { Inject, Injectable } from '@nestjs/common'
import { Prisma, type PrismaClient } from '../generated/prisma/client.js'
import { type BaselineOptions, chosen, type DrawInput, type DrawPayload, type DrawsOf, type Odds, OPTIONS, PRISMA, serve } from './server.js'

/** One interactive transaction a draw: the participant's row is locked for the quota, the prize's for its stock. */
@Injectable()
class LockingDraws implements DrawsOf {
  #prizes: Promise<Odds[]> | undefined

  constructor(@Inject(PRISMA) private readonly prisma: PrismaClient, @Inject(OPTIONS) private readonly options: BaselineOptions) {}

  async draw({ campaignId, userId, idempotencyKey }: DrawInput): Promise<DrawPayload> {
    const prizes = await (this.#prizes ??= this.prisma.prize.findMany({ where: { campaignId } }))
    const names = new Map(prizes.map(({ id, name }) => [id, name]))
    try {
      return await this.prisma.$transaction(async (tx) => {
        const known = await tx.draw.findUnique({ where: { campaignId_userId_idempotencyKey: { campaignId, userId, idempotencyKey } } })
        if (known !== null) return accepted(known.id, known.outcome, names.get(known.prizeId ?? '') ?? null, true)
        await tx.participant.upsert({ where: { campaignId_userId: { campaignId, userId } }, create: { campaignId, userId }, update: {} })
        const [participant] = await tx.$queryRaw<Array<{ draws: number }>>`
          SELECT draws FROM participant WHERE campaign_id = ${campaignId}::uuid AND user_id = ${userId} FOR UPDATE`
        if (participant!.draws >= this.options.drawsPerUserMax) return { __typename: 'DrawRejected' as const, code: 'QUOTA_EXCEEDED', message: 'No draws are left' }
        let prize = chosen(prizes, randomInt(1_000_000_000))
        if (prize !== null) {
          const [stock] = await tx.$queryRaw<Array<{ stock_left: number }>>`SELECT stock_left FROM prize WHERE id = ${prize.id}::uuid FOR UPDATE`
          if (stock!.stock_left < 1) prize = null
          else await tx.prize.update({ where: { id: prize.id }, data: { stockLeft: { decrement: 1 } } })
        }
        await tx.participant.update({ where: { campaignId_userId: { campaignId, userId } }, data: { draws: { increment: 1 } } })
        const draw = { id: randomUUID(), campaignId, userId, idempotencyKey, outcome: prize === null ? 'LOST' : 'WON', prizeId: prize?.id ?? null }
        await tx.draw.create({ data: draw })
        return accepted(draw.id, draw.outcome, prize?.name ?? null, false)
      }, { maxWait: 10_000, timeout: 10_000 })
    } catch (error) {
      // The same key at the same moment: the other one's answer stands.
      if (error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002') return this.draw({ campaignId, userId, idempotencyKey })
      throw error
    }
  }
}

const accepted = (id: string, outcome: string, prize: string | null, replayed: boolean): DrawPayload =>
  ({ __typename: 'DrawAccepted', draws: [{ id, outcome, prize: prize === null ? null : { name: prize } }], replayed })

await serve(JSON.parse(process.argv[2] ?? '') as BaselineOptions, LockingDraws)
