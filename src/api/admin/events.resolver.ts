import { Args, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { ConsumedEvent, QueryConsumedEventsArgs } from '../../generated/admin.graphql.js'
import { ConsumedEventsService } from '../../modules/events/consumed-events.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class EventsResolver {
  constructor(private readonly events: ConsumedEventsService) {}

  @Query('consumedEvents')
  @Roles(...may.read)
  async consumed(@Ctx() ctx: Context, @Args() { consumer, subject, first }: QueryConsumedEventsArgs): Promise<ConsumedEvent[]> {
    return [...(await this.events.list(ctx, consumer, subject ?? null, first ?? 20))]
  }
}
