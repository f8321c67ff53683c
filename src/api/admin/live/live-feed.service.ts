import { Injectable, type OnApplicationShutdown } from '@nestjs/common'
import { type Context, systemContext } from '../../../common/context.js'
import { AppError } from '../../../common/errors.js'
import { LiveDrawService, type LiveDraws } from '../../../modules/draws/live/live-draw.service.js'
import { Logger } from '../../../platform/telemetry/logger.js'
import { expectedError } from '../../graphql/error-answer.js'
import type { Channel } from '../../subscriptions/channel.js'
import { Poller } from '../../subscriptions/poller.js'

const DELAY_MS = { first: 1_000, last: 1_000 }
/** Told again with what is new: a process that was slow adds to them late. */
const SECONDS_AGAIN = 4
/** Of the first question about a campaign: as few as may be asked for. */
const FIRST_SECONDS = 10
const POLLER = 'live-draws'

/** What becomes of campaigns' draws, second by second: one question a campaign, however many watch it. */
@Injectable()
export class LiveFeedService implements OnApplicationShutdown {
  readonly #campaigns: Poller<LiveDraws>

  constructor(private readonly live: LiveDrawService, logger: Logger) {
    this.#campaigns = new Poller({ topicsMax: 500, pollsAtOnceMax: 8, bufferedMax: SECONDS_AGAIN }, (error, key) => {
      if (expectedError(error) === null) logger.error({ err: error, key }, 'Live counts could not be read')
    })
  }

  onApplicationShutdown(): void {
    this.#campaigns.close()
  }

  /** The last `seconds`, and then what is new. Throws BAD_USER_INPUT, NOT_FOUND and OVERLOADED. */
  async draws(ctx: Context, campaignId: string, seconds: number): Promise<AsyncIterableIterator<LiveDraws>> {
    // Before the window is read: nothing falls between the two.
    const news = this.#news(ctx, campaignId)
    try {
      const window = await this.live.ofCampaign(ctx, campaignId, seconds)
      if (window === null) throw new AppError('NOT_FOUND', 'There is no such published campaign', { field: 'campaignId' })
      return preceded(window, news)
    } catch (error) {
      news.end()
      throw error
    }
  }

  #news({ tenantId }: Context, campaignId: string): Channel<LiveDraws> {
    const system = systemContext(tenantId, POLLER)
    let from = 0
    const channel = this.#campaigns.subscribe({
      key: `${tenantId}/${campaignId}`,
      delayMs: DELAY_MS,
      poll: async () => {
        const now = await (from === 0 ? this.live.ofCampaign(system, campaignId, FIRST_SECONDS) : this.live.since(system, campaignId, from))
        if (now === null) return { values: [], done: true }
        // From the last that was told on, however long ago that was.
        const last = now.points.at(-1)
        if (last !== undefined) from = last.second - SECONDS_AGAIN + 1
        return { values: [now], done: false }
      },
    })
    if (channel === null) throw new AppError('OVERLOADED', 'Too many campaigns are watched at the same time', { retryAfterMs: 5_000 })
    return channel
  }
}

/** `first`, and then all of `rest`; `return` ends it also while it waits. */
function preceded<T>(first: T, rest: Channel<T>): AsyncIterableIterator<T> {
  let told = false
  const iterator: AsyncIterableIterator<T> = {
    next: () => {
      if (told) return rest.next()
      told = true
      return Promise.resolve({ done: false, value: first })
    },
    return: () => rest.return(),
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}
