import { describe, expect, it } from '@jest/globals'
import { LiveFeedService } from '../../../src/api/admin/live/live-feed.service.js'
import { systemContext } from '../../../src/common/context.js'
import type { LiveDrawService, LiveDraws } from '../../../src/modules/draws/live/live-draw.service.js'
import type { Logger } from '../../../src/platform/telemetry/logger.js'

const quiet = { error: () => undefined } as unknown as Logger
const NONE = { won: 0, lost: 0, pending: 0, repeated: 0, refused: 0, refusals: [] }

/** Counts that stand still but for their clock, which goes on with each question about what is new. */
class Counted {
  windows = 0
  readonly since: number[] = []
  #now = 1_000

  readonly service = {
    ofCampaign: async (_ctx: unknown, id: string, seconds: number) => {
      this.windows++
      return id === 'none' ? null : this.#told(id, this.#now - seconds + 1)
    },
    since: async (_ctx: unknown, id: string, second: number) => {
      this.since.push(second)
      this.#now += 2
      return this.#told(id, second)
    },
  } as unknown as LiveDrawService

  #told(campaignId: string, from: number): LiveDraws {
    const points = Array.from({ length: this.#now - from + 1 }, (_, n) => ({ second: from + n, ...NONE }))
    return { campaignId, status: 'ACTIVE', version: 2, points, refusals: [], unsettled: 0, oldestUnsettledMs: 0, off: null }
  }
}

const ctx = systemContext('t', 'tests')

describe('the feed of live draws', () => {
  it('asks once for all who watch a campaign, and leaves no second out', async () => {
    const counted = new Counted()
    const feed = new LiveFeedService(counted.service, quiet)
    const watching = await Promise.all([1, 2, 3].map(() => feed.draws(ctx, 'c', 60)))
    for (const iterator of watching) {
      const seconds: number[] = []
      while (seconds.length === 0 || Math.max(...seconds) < 1_004) {
        const { value } = (await iterator.next()) as { value: LiveDraws }
        for (const { second } of value.points) seconds.push(second)
      }
      const all = [...new Set(seconds)].sort((a, b) => a - b)
      expect(all.slice(0, 64)).toEqual(Array.from({ length: 64 }, (_, n) => 941 + n))
    }
    // A window for each, one more to begin with, and then what is new, asked for by one for all.
    expect([counted.windows, counted.since.slice(0, 2)]).toEqual([4, [997, 999]])
    feed.onApplicationShutdown()
    await Promise.all(watching.map(async (iterator) => { expect(await drained(iterator)).toBe(true) }))
  })

  it('ends where nobody may know of the campaign, and leaves nobody watching it', async () => {
    const feed = new LiveFeedService(new Counted().service, quiet)
    await expect(feed.draws(ctx, 'none', 60)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    feed.onApplicationShutdown()
  })
})

async function drained(iterator: AsyncIterator<LiveDraws>): Promise<boolean> {
  for (let n = 0; n < 10; n++) if ((await iterator.next()).done === true) return true
  return false
}
