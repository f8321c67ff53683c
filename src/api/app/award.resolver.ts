import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import type { AwardClaim, Money, MutationSubmitAwardAddressArgs, QueryWalletBalancesArgs } from '../../generated/app.graphql.js'
import { DrawReadService } from '../../modules/draws/draw-read.service.js'
import { ClaimService } from '../../modules/fulfilment/claim.service.js'
import type { AwardClaim as ClaimView } from '../../modules/fulfilment/fulfilment.types.js'
import { WalletLedgerService } from '../../modules/user-center/wallet-ledger.service.js'
import { AnyCaller } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'
import { participantOf } from './caller.js'
import { DrawPresenter } from './draw-presenter.js'

@Resolver()
export class AwardResolver {
  constructor(
    private readonly claims: ClaimService,
    private readonly wallets: WalletLedgerService,
    private readonly reads: DrawReadService,
    private readonly presenter: DrawPresenter,
  ) {}

  @Query('award')
  @AnyCaller()
  async award(@Ctx() ctx: Context, @Args('id') id: string): Promise<AwardClaim | null> {
    const claim = await this.claims.get(ctx, id)
    return claim === null ? null : this.present(ctx, claim)
  }

  @Query('walletBalances')
  @AnyCaller()
  walletBalances(@Ctx() ctx: Context, @Args() { userId }: QueryWalletBalancesArgs): Promise<Money[]> {
    return this.wallets.balances(ctx, participantOf(ctx, userId, 'userId'))
  }

  @Mutation('submitAwardAddress')
  @AnyCaller()
  async submitAddress(@Ctx() ctx: Context, @Args() { awardId, address }: MutationSubmitAwardAddressArgs): Promise<AwardClaim> {
    const { phone = null, region = null, postalCode = null, line2 = null, ...rest } = address
    return this.present(ctx, await this.claims.submit(ctx, awardId, { ...rest, phone, region, postalCode, line2 }))
  }

  /** The award as its draw shows it, with the status that was just read: a draw is remembered for a moment. */
  private async present(ctx: Context, { drawId, status, kind, claimBy, address }: ClaimView): Promise<AwardClaim> {
    const draw = await this.reads.draw(ctx, drawId)
    const award = draw === null ? null : (await this.presenter.presentOne(ctx, draw)).award
    if (award === null) throw new AppError('OVERLOADED', 'The draw of this award cannot be read at this moment', { retryAfterMs: 1_000 })
    return { award: { ...award, status }, kind, claimBy, address }
  }
}
