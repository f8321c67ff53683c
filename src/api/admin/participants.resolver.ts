import { Args, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { badInput } from '../../common/errors.js'
import { isSafeId } from '../../common/ids.js'
import type {
  Money, Participant, ParticipantState, ParticipantWins, QueryParticipantArgs, QueryParticipantStateArgs, QueryWalletLedgerArgs, RiskEntry,
  WalletMovementConnection,
} from '../../generated/admin.graphql.js'
import { DrawReadService } from '../../modules/draws/draw-read.service.js'
import { TicketClaimService } from '../../modules/draws/ticket-claim.service.js'
import { RiskAdminService } from '../../modules/risk/risk-admin.service.js'
import { WalletLedgerService } from '../../modules/user-center/wallet-ledger.service.js'
import { WalletMovementService } from '../../modules/user-center/wallet-movement.service.js'
import { WalletService } from '../../modules/user-center/wallet.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

const PAGE = 20

/** Each of its parts is read only by who asks for it. */
@Resolver('Participant')
export class ParticipantsResolver {
  constructor(
    private readonly wallets: WalletLedgerService,
    private readonly movements: WalletMovementService,
    private readonly awards: WalletService,
    private readonly risk: RiskAdminService,
  ) {}

  @Query('participant')
  @Roles(...may.read)
  one(@Args() { userId }: QueryParticipantArgs): Pick<Participant, 'userId'> {
    if (!isSafeId(userId)) throw badInput('userId', 'must be 1 to 128 characters, none of control and no braces', 'ID', { max: 128 })
    return { userId }
  }

  @Query('walletLedger')
  @Roles(...may.read)
  async walletLedger(@Ctx() ctx: Context, @Args() { userId, first, after }: QueryWalletLedgerArgs): Promise<WalletMovementConnection> {
    const { edges, hasNextPage } = await this.movements.list(ctx, userId, first ?? PAGE, after ?? null)
    return { edges: [...edges], pageInfo: { hasNextPage, endCursor: edges.at(-1)?.cursor ?? null } }
  }

  @ResolveField('balances')
  balances(@Ctx() ctx: Context, @Parent() { userId }: Participant): Promise<Money[]> {
    return this.wallets.balances(ctx, userId)
  }

  @ResolveField('wins')
  wins(@Ctx() ctx: Context, @Parent() { userId }: Participant): Promise<ParticipantWins[]> {
    return this.awards.campaigns(ctx, userId)
  }

  @ResolveField('riskEntries')
  async riskEntries(@Ctx() ctx: Context, @Parent() { userId }: Participant): Promise<RiskEntry[]> {
    return [...(await this.risk.entriesAbout(ctx, userId))]
  }
}

/** A participant's state, and where it was asked for. */
type AskedState = Omit<ParticipantState, 'signInStreak'> & { readonly campaignId: string }

@Resolver('ParticipantState')
export class ParticipantStatesResolver {
  constructor(private readonly reads: DrawReadService, private readonly claims: TicketClaimService) {}

  @Query('participantState')
  @Roles(...may.read)
  async state(@Ctx() ctx: Context, @Args() { campaignId, userId }: QueryParticipantStateArgs): Promise<AskedState> {
    const { ticketLots, ...state } = await this.reads.participant(ctx, campaignId, userId)
    const lots = ticketLots.map(({ amount, expiresAtMs }) => ({ amount, expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs) }))
    return { ...state, campaignId, ticketLots: lots }
  }

  @ResolveField('signInStreak')
  signInStreak(@Ctx() ctx: Context, @Parent() { campaignId, userId }: AskedState): Promise<number> {
    return this.claims.signInStreak(ctx, campaignId, userId)
  }
}
