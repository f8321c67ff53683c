import { Args, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { QueryTicketLedgerArgs, TicketMovementConnection } from '../../generated/admin.graphql.js'
import { TicketLedgerService } from '../../modules/draws/ticket-ledger.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

const PAGE = 20

@Resolver()
export class TicketsResolver {
  constructor(private readonly ledger: TicketLedgerService) {}

  @Query('ticketLedger')
  @Roles(...may.read)
  async list(@Ctx() ctx: Context, @Args() { campaignId, userId, first, after }: QueryTicketLedgerArgs): Promise<TicketMovementConnection> {
    const { edges, hasNextPage } = await this.ledger.list(ctx, campaignId, userId, first ?? PAGE, after ?? null)
    return { edges: [...edges], pageInfo: { hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
  }
}
