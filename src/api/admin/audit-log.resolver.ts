import { Args, Query, Resolver } from '@nestjs/graphql'
import { canonicalJson } from '../../common/canonical-json.js'
import type { Context } from '../../common/context.js'
import type { AuditEntry, AuditEntryConnection, AuditHead, QueryAuditLogArgs } from '../../generated/admin.graphql.js'
import { AuditReadService } from '../../modules/tenancy/audit-read.service.js'
import type { ChainedEntry } from '../../modules/tenancy/domain/audit-chain.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

const PAGE = 20

const json = (value: unknown): string | null => (value === null ? null : canonicalJson(value))

const toEntry = ({ tenantId: _, before, after, ...entry }: ChainedEntry): AuditEntry =>
  ({ ...entry, before: json(before), after: json(after) })

@Resolver()
export class AuditLogResolver {
  constructor(private readonly reads: AuditReadService) {}

  @Query('auditLog')
  @Roles(...may.readAuditLog)
  async list(@Ctx() ctx: Context, @Args() { filter, first, after }: QueryAuditLogArgs): Promise<AuditEntryConnection> {
    const page = await this.reads.list(ctx, filter ?? {}, first ?? PAGE, after ?? null)
    const edges = page.edges.map(({ cursor, node }) => ({ cursor, node: toEntry(node) }))
    return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
  }

  @Query('auditHead')
  @Roles(...may.readAuditLog)
  head(@Ctx() ctx: Context): Promise<AuditHead> {
    return this.reads.head(ctx)
  }
}
