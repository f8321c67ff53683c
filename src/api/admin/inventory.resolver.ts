import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { MutationAdjustStockArgs, MutationReleaseStockArgs, PrizeInventory, QueryStockLedgerArgs, ReleaseStep, StockMovementConnection } from '../../generated/admin.graphql.js'
import { GovernedChangesService } from '../../modules/governance/governed-changes.service.js'
import { InventoryService } from '../../modules/inventory/inventory.service.js'
import type { PrizeInventory as PrizeInventoryView } from '../../modules/inventory/inventory.types.js'
import { StockLedgerService } from '../../modules/inventory/stock-ledger.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { toPrize } from './campaign-mapping.js'

const toInventory = (inventory: PrizeInventoryView): PrizeInventory =>
  ({ ...inventory, prize: toPrize(inventory.prize), buckets: [...inventory.buckets] })

const PAGE = 20

@Resolver()
export class InventoryResolver {
  constructor(
    private readonly stock: InventoryService,
    private readonly ledger: StockLedgerService,
    private readonly governed: GovernedChangesService,
  ) {}

  @Query('inventory')
  @Roles(...may.read)
  async inventory(@Ctx() ctx: Context, @Args('campaignId') campaignId: string): Promise<PrizeInventory[]> {
    return (await this.stock.inventory(ctx, campaignId)).map(toInventory)
  }

  @Query('releaseSteps')
  @Roles(...may.read)
  steps(@Ctx() ctx: Context, @Args('campaignId') campaignId: string): Promise<ReleaseStep[]> {
    return this.stock.releaseSteps(ctx, campaignId)
  }

  @Query('stockLedger')
  @Roles(...may.read)
  async movements(@Ctx() ctx: Context, @Args() args: QueryStockLedgerArgs): Promise<StockMovementConnection> {
    const { campaignId, prizeId = null, first, after = null } = args
    const page = await this.ledger.list(ctx, { campaignId, prizeId, first: first ?? PAGE, after })
    const edges = page.edges.map(({ cursor, node: { from, to, ...movement } }) =>
      ({ cursor, node: { ...movement, from: from.kind, fromBucket: from.bucket, to: to.kind, toBucket: to.bucket } }))
    return { edges, pageInfo: { hasNextPage: page.hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
  }

  @Mutation('releaseStock')
  @Roles(...may.configure)
  async release(@Ctx() ctx: Context, @Args() wanted: MutationReleaseStockArgs): Promise<PrizeInventory> {
    return toInventory(await this.governed.releaseStock(ctx, wanted))
  }

  @Mutation('adjustStock')
  @Roles(...may.configure)
  async adjust(@Ctx() ctx: Context, @Args() { prizeId, delta, reason, idempotencyKey }: MutationAdjustStockArgs): Promise<PrizeInventory> {
    return toInventory(await this.governed.adjustStock(ctx, { prizeId, delta, reason, idempotencyKey }))
  }
}
