import { Args, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql'
import { type Context, isTest } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import type {
  ClaimTicketsInput, ClaimTicketsPayload, GrantTicketsInput, ParticipantState, QueryParticipantArgs, QueryRecentWinnersArgs, TicketAccount,
  Winner,
} from '../../generated/app.graphql.js'
import { DrawReadService } from '../../modules/draws/draw-read.service.js'
import { TicketClaimService } from '../../modules/draws/ticket-claim.service.js'
import { TicketService } from '../../modules/draws/ticket.service.js'
import { Features } from '../../platform/features/features.js'
import { AnyCaller, ServerOnly, TestKeysToo } from '../auth/access.js'
import { Ctx, Http } from '../auth/parameters.js'
import type { GraphqlContext } from '../auth/request-auth.js'
import { noteFeatureOff } from '../graphql/features-off.js'
import { pageSize, participantOf } from './caller.js'

const WINNERS = 20

/** A participant's state, and where it was asked for: its streak is read only by who asks for it. */
type AskedState = Omit<ParticipantState, 'signInStreak'> & { readonly campaignId: string }

@Resolver('ParticipantState')
export class ParticipantResolver {
  constructor(
    private readonly reads: DrawReadService,
    private readonly tickets: TicketService,
    private readonly claims: TicketClaimService,
    private readonly features: Features,
  ) {}

  @Query('participant')
  @AnyCaller()
  @TestKeysToo()
  async participant(@Ctx() ctx: Context, @Args() { campaignId, userId }: QueryParticipantArgs): Promise<AskedState> {
    const { ticketLots, ...state } = await this.reads.participant(ctx, campaignId, participantOf(ctx, userId, 'userId'))
    return {
      ...state,
      campaignId,
      ticketLots: ticketLots.map(({ amount, expiresAtMs }) => ({ amount, expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs) })),
    }
  }

  @Query('recentWinners')
  @AnyCaller()
  @TestKeysToo()
  async recentWinners(
    @Ctx() ctx: Context, @Args() { campaignId, first }: QueryRecentWinnersArgs, @Http() context: GraphqlContext,
  ): Promise<Winner[]> {
    const size = pageSize(first, WINNERS)
    const off = this.features.off(ctx.tenantId, 'RECENT_WINNERS')
    if (off === null) return this.reads.recentWinners(ctx, campaignId, size)
    // An error would take the whole answer with it, since the field is never null.
    noteFeatureOff(context, 'RECENT_WINNERS', off)
    return []
  }

  @Mutation('grantTickets')
  @ServerOnly()
  @TestKeysToo()
  async grantTickets(@Ctx() ctx: Context, @Args('input') input: GrantTicketsInput): Promise<TicketAccount> {
    return this.tickets.grant(ctx, { ...input, expiresAt: input.expiresAt ?? null })
  }

  @ResolveField('signInStreak')
  async signInStreak(@Ctx() ctx: Context, @Parent() { campaignId, userId }: AskedState): Promise<number> {
    // Test worlds have tickets that are granted, and no claims.
    return isTest(ctx) ? 0 : this.claims.signInStreak(ctx, campaignId, userId)
  }

  @Mutation('claimTickets')
  @AnyCaller()
  async claimTickets(@Ctx() ctx: Context, @Args('input') input: ClaimTicketsInput): Promise<ClaimTicketsPayload> {
    const { campaignId, rule, idempotencyKey } = input
    const userId = participantOf(ctx, input.userId, 'input.userId')
    if (rule === 'SHARE' && ctx.caller.kind === 'participant') {
      throw new AppError('FORBIDDEN', 'input.rule: only a server key may claim for a share', { field: 'input.rule' })
    }
    const result = await this.claims.claim(ctx, { campaignId, userId, rule, idempotencyKey })
    if (result.kind === 'claimed') return { __typename: 'TicketsClaimed', ...result, rule }
    return { __typename: 'ClaimRejected', ...result }
  }
}
