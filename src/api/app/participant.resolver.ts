import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type {
  GrantTicketsInput, ParticipantState, QueryParticipantArgs, QueryRecentWinnersArgs, TicketAccount, Winner,
} from '../../generated/app.graphql.js'
import { DrawReadService } from '../../modules/draws/draw-read.service.js'
import { TicketService } from '../../modules/draws/ticket.service.js'
import { AnyCaller, ServerOnly, TestKeysToo } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { pageSize, participantOf } from './caller.js'

const WINNERS = 20

@Resolver()
export class ParticipantResolver {
  constructor(private readonly reads: DrawReadService, private readonly tickets: TicketService) {}

  @Query('participant')
  @AnyCaller()
  @TestKeysToo()
  async participant(@Ctx() ctx: Context, @Args() { campaignId, userId }: QueryParticipantArgs): Promise<ParticipantState> {
    const { ticketLots, ...state } = await this.reads.participant(ctx, campaignId, participantOf(ctx, userId, 'userId'))
    return {
      ...state,
      ticketLots: ticketLots.map(({ amount, expiresAtMs }) => ({ amount, expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs) })),
    }
  }

  @Query('recentWinners')
  @AnyCaller()
  @TestKeysToo()
  async recentWinners(@Ctx() ctx: Context, @Args() { campaignId, first }: QueryRecentWinnersArgs): Promise<Winner[]> {
    return this.reads.recentWinners(ctx, campaignId, pageSize(first, WINNERS))
  }

  @Mutation('grantTickets')
  @ServerOnly()
  @TestKeysToo()
  async grantTickets(@Ctx() ctx: Context, @Args('input') input: GrantTicketsInput): Promise<TicketAccount> {
    return this.tickets.grant(ctx, { ...input, expiresAt: input.expiresAt ?? null })
  }
}
