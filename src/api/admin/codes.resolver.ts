import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type {
  CodeAlarm, CodeImport, CodePool, MutationSetCodeLowStockArgs, MutationVoidCodesArgs, QueryCodeImportsArgs,
} from '../../generated/admin.graphql.js'
import { CodeImportService } from '../../modules/codes/code-import.service.js'
import { CodePoolService } from '../../modules/codes/code-pool.service.js'
import type { CodeImport as CodeImportView, CodePool as CodePoolView } from '../../modules/codes/codes.types.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { toPrize } from './campaign-mapping.js'

const FIRST = 20

const toPool = ({ prize, lowSince, warnings, ...counts }: CodePoolView): CodePool =>
  ({ ...counts, prize: toPrize(prize), lowStock: lowSince !== null, lowStockSince: lowSince, warnings: [...warnings] })

export const toImport = ({ campaignId: _, errors, ...view }: CodeImportView): CodeImport => ({ ...view, errors: [...errors] })

@Resolver()
export class CodesResolver {
  constructor(private readonly codes: CodePoolService, private readonly imports: CodeImportService) {}

  @Query('codePools')
  @Roles(...may.read)
  async pools(@Ctx() ctx: Context, @Args('campaignId') campaignId: string): Promise<CodePool[]> {
    return (await this.codes.pools(ctx, campaignId)).map(toPool)
  }

  @Query('codeAlarms')
  @Roles(...may.read)
  alarms(@Ctx() ctx: Context): Promise<CodeAlarm[]> {
    return this.codes.alarms(ctx)
  }

  @Query('codeImport')
  @Roles(...may.read)
  async importOf(@Ctx() ctx: Context, @Args('id') id: string): Promise<CodeImport | null> {
    const found = await this.imports.find(ctx, id)
    return found === null ? null : toImport(found)
  }

  @Query('codeImports')
  @Roles(...may.read)
  async list(@Ctx() ctx: Context, @Args() { prizeId, first }: QueryCodeImportsArgs): Promise<CodeImport[]> {
    return (await this.imports.list(ctx, prizeId, first ?? FIRST)).map(toImport)
  }

  @Mutation('setCodeLowStock')
  @Roles(...may.configure)
  async setLowStock(@Ctx() ctx: Context, @Args() args: MutationSetCodeLowStockArgs): Promise<CodePool> {
    const { prizeId, lowStockAt, expected } = args
    const seen = expected == null ? undefined : expected.lowStockAt ?? null
    return toPool(await this.codes.setLowStock(ctx, prizeId, lowStockAt ?? null, seen))
  }

  @Mutation('voidCodes')
  @Roles(...may.configure)
  async void(@Ctx() ctx: Context, @Args() { prizeId, reason }: MutationVoidCodesArgs): Promise<CodePool> {
    return toPool(await this.codes.voidFree(ctx, prizeId, reason))
  }
}
