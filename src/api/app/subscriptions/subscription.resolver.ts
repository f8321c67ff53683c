import { Args, Resolver, Subscription } from '@nestjs/graphql'
import type { Context } from '../../../common/context.js'
import type { SubscriptionDrawSettledArgs, SubscriptionWinnersArgs } from '../../../generated/app.graphql.js'
import type { Winner } from '../../../modules/draws/draw-read.types.js'
import type { DrawView } from '../../../modules/draws/draws.types.js'
import { AnyCaller, TestKeysToo } from '../../auth/access.js'
import { Ctx } from '../../auth/parameters.js'
import { DrawPresenter } from '../draw-presenter.js'
import { FeedService } from './feed.service.js'

interface Settled { readonly ctx: Context; readonly draw: DrawView }

@Resolver()
export class SubscriptionResolver {
  constructor(private readonly feed: FeedService, private readonly presenter: DrawPresenter) {}

  @Subscription('drawSettled', {
    resolve(this: SubscriptionResolver, { ctx, draw }: Settled) {
      return this.presenter.presentOne(ctx, draw)
    },
  })
  @AnyCaller()
  @TestKeysToo()
  async drawSettled(@Ctx() ctx: Context, @Args() { drawId }: SubscriptionDrawSettledArgs): Promise<AsyncIterator<Settled>> {
    return mapped(await this.feed.settled(ctx, drawId), (draw) => ({ ctx, draw }))
  }

  @Subscription('winners', { resolve: (winner: Winner) => winner })
  @AnyCaller()
  @TestKeysToo()
  async winners(@Ctx() ctx: Context, @Args() { campaignId }: SubscriptionWinnersArgs): Promise<AsyncIterator<Winner>> {
    return this.feed.winners(ctx, campaignId)
  }
}

function mapped<A, B>(source: AsyncIterableIterator<A, undefined>, map: (value: A) => B): AsyncIterableIterator<B> {
  const iterator: AsyncIterableIterator<B> = {
    next: async () => {
      const { done, value } = await source.next()
      return done === true ? { done, value: undefined } : { done: false, value: map(value) }
    },
    return: async () => {
      await source.return?.()
      return { done: true, value: undefined }
    },
    [Symbol.asyncIterator]: () => iterator,
  }
  return iterator
}
