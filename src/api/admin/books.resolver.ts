import { Args, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { BooksAudit, QuarantinedDrawConnection, QueryBooksAuditArgs, QueryQuarantinedDrawsArgs } from '../../generated/admin.graphql.js'
import { BooksService } from '../../modules/settlement/books/books.service.js'
import { QuarantineService } from '../../modules/settlement/recovery/quarantine.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

const PAGE = 20

@Resolver()
export class BooksResolver {
  constructor(private readonly books: BooksService, private readonly quarantine: QuarantineService) {}

  @Query('booksAudit')
  @Roles(...may.read)
  async audit(@Ctx() ctx: Context, @Args() { campaignId }: QueryBooksAuditArgs): Promise<BooksAudit> {
    const { violations, ...audit } = await this.books.audit(ctx, campaignId)
    return { ...audit, violations: [...violations] }
  }

  @Query('quarantinedDraws')
  @Roles(...may.read)
  async quarantined(@Ctx() ctx: Context, @Args() args: QueryQuarantinedDrawsArgs): Promise<QuarantinedDrawConnection> {
    const { campaignId, first, after } = args
    const { edges, hasNextPage } = await this.quarantine.list(ctx, campaignId, first ?? PAGE, after ?? null)
    return { edges: [...edges], pageInfo: { hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
  }
}
