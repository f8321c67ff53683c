import { Args, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { BooksAudit, QueryBooksAuditArgs } from '../../generated/admin.graphql.js'
import { BooksService } from '../../modules/settlement/books/books.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class BooksResolver {
  constructor(private readonly books: BooksService) {}

  @Query('booksAudit')
  @Roles(...may.read)
  async audit(@Ctx() ctx: Context, @Args() { campaignId }: QueryBooksAuditArgs): Promise<BooksAudit> {
    const { violations, ...audit } = await this.books.audit(ctx, campaignId)
    return { ...audit, violations: [...violations] }
  }
}
