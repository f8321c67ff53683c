import { Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { type Context, isTest, systemContext } from '../../../common/context.js'
import { AppError } from '../../../common/errors.js'
import { DrawReadService } from '../../../modules/draws/draw-read.service.js'
import type { Winner } from '../../../modules/draws/draw-read.types.js'
import type { DrawView } from '../../../modules/draws/draws.types.js'
import { FEATURE_RETRY_MS, Features } from '../../../platform/features/features.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { expectedError } from '../../graphql/error-answer.js'
import type { Channel } from '../../subscriptions/channel.js'
import { news } from './news.js'
import { Poller } from '../../subscriptions/poller.js'

const DRAW_DELAY_MS = { first: 250, last: 2_000 } // settling takes a second; what takes longer is waiting for a repair
const WINNERS_DELAY_MS = { first: 250, last: 250 }
const WINNERS_LISTED = 100
const POLLER = 'subscriptions'

/**
 * What subscribers wait for. Settlement runs in any process and tells nobody, so each process with subscribers asks:
 * one question for all of them that wait for the same.
 */
@Injectable()
export class FeedService implements OnApplicationShutdown {
  readonly #draws: Poller<DrawView>
  readonly #winners: Poller<Winner>

  constructor(private readonly reads: DrawReadService, private readonly features: Features, private readonly logger: Logger) {
    const onError = (error: unknown, key: string) => {
      if (expectedError(error) === null) this.logger.error({ err: error, key }, 'A subscription could not be served')
    }
    this.#draws = new Poller({ topicsMax: 2_000, pollsAtOnceMax: 8, bufferedMax: 1 }, onError)
    this.#winners = new Poller({ topicsMax: 500, pollsAtOnceMax: 4, bufferedMax: WINNERS_LISTED }, onError)
  }

  onApplicationShutdown(): void {
    this.#draws.close()
    this.#winners.close()
  }

  /** The draw once it is settled, and the end. Throws NOT_FOUND and OVERLOADED. */
  async settled(ctx: Context, drawId: string): Promise<Channel<DrawView>> {
    const draw = await this.reads.draw(ctx, drawId)
    if (draw === null) throw new AppError('NOT_FOUND', 'There is no such draw', { field: 'drawId' })
    const system = pollerOf(ctx)
    const channel = this.#draws.subscribe({
      key: `${ctx.tenantId}/${drawId}`,
      delayMs: DRAW_DELAY_MS,
      // Null may be a moment's: the campaign is being rebuilt.
      poll: async () => {
        const now = await this.reads.draw(system, drawId)
        return now?.state === 'SETTLED' ? { values: [now], done: true } : { values: [], done: false }
      },
    })
    return channel ?? tooMany()
  }

  /**
   * Wins from now on; of more than a hundred within a second, the newest hundred. While the feed is off nobody looks, and whoever comes
   * is told to come later. Throws NOT_FOUND and OVERLOADED.
   */
  async winners(ctx: Context, campaignId: string): Promise<Channel<Winner>> {
    const isOff = () => this.features.off(ctx.tenantId, 'WINNER_FEED') !== null
    if (isOff()) throw new AppError('OVERLOADED', 'The feed of winners is switched off for now', { retryAfterMs: FEATURE_RETRY_MS })
    let listed = await this.reads.recentWinners(ctx, campaignId, WINNERS_LISTED)
    const system = pollerOf(ctx)
    const channel = this.#winners.subscribe({
      key: `${ctx.tenantId}/${campaignId}${isTest(ctx) ? '/test' : ''}`,
      delayMs: WINNERS_DELAY_MS,
      poll: async () => {
        if (isOff()) return { values: [], done: false }
        const now = await this.reads.recentWinners(system, campaignId, WINNERS_LISTED)
        const values = news(listed, now, ({ at, maskedUserId, prizeName }) => `${at.getTime()}/${maskedUserId}/${prizeName}`)
        listed = now
        return { values, done: false }
      },
    })
    return channel ?? tooMany()
  }
}

/** Of all who wait for the same; in a test world, of its keys. */
const pollerOf = (ctx: Context): Context => (isTest(ctx) ? ctx : systemContext(ctx.tenantId, POLLER))

function tooMany(): never {
  throw new AppError('OVERLOADED', 'Too many different subscriptions at the same time', { retryAfterMs: 5_000 })
}
