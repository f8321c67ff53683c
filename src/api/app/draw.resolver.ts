import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import type { ParticipantFacts } from '../../common/participant-facts.js'
import type { Draw, DrawConnection, DrawInput, DrawPayload, QueryDrawArgs, QueryDrawsArgs } from '../../generated/app.graphql.js'
import { DrawReadService } from '../../modules/draws/draw-read.service.js'
import { DrawService } from '../../modules/draws/draw.service.js'
import type { DrawRequest } from '../../modules/draws/draws.types.js'
import { AnyCaller, TestKeysToo } from '../auth/access.js'
import { Ctx, Http } from '../auth/parameters.js'
import type { GraphqlContext } from '../auth/request-auth.js'
import { factsOf } from '../facts.js'
import { plainAddress } from '../address.js'
import { pageSize, participantIfAny, participantOf } from './caller.js'
import { BegunDraws } from './compiled-draw/begun-draws.js'
import { DrawPresenter } from './draw-presenter.js'

const PAGE = 20

@Resolver()
export class DrawResolver {
  constructor(
    private readonly draws: DrawService,
    private readonly reads: DrawReadService,
    private readonly presenter: DrawPresenter,
    private readonly begun: BegunDraws,
  ) {}

  @Mutation('draw')
  @AnyCaller()
  @TestKeysToo()
  async draw(@Ctx() ctx: Context, @Args('input') input: DrawInput, @Http() { req }: GraphqlContext): Promise<DrawPayload> {
    return this.begun.take(req.raw) ?? this.answer(ctx, input)
  }

  /** `ctx`: of a caller that has passed what `draw` declares. */
  async answer(ctx: Context, input: DrawInput): Promise<DrawPayload> {
    const result = await this.draws.draw(ctx, requestOf(ctx, input))
    if (result.kind === 'rejected') {
      const { code, message, retryAfterMs } = result
      return { __typename: 'DrawRejected', code, message, retryAfterMs }
    }
    const { replayed, drawsLeft } = result
    return { __typename: 'DrawAccepted', draws: await this.presenter.present(ctx, result.draws), replayed, drawsLeft }
  }

  @Query('draw')
  @AnyCaller()
  @TestKeysToo()
  async one(@Ctx() ctx: Context, @Args() { id }: QueryDrawArgs): Promise<Draw | null> {
    const draw = await this.reads.draw(ctx, id)
    return draw === null ? null : this.presenter.presentOne(ctx, draw)
  }

  @Query('draws')
  @AnyCaller()
  @TestKeysToo()
  async list(@Ctx() ctx: Context, @Args() { campaignId, userId, outcome, first, after }: QueryDrawsArgs): Promise<DrawConnection> {
    const page = await this.reads.draws(ctx, {
      campaignId,
      userId: participantIfAny(ctx, userId, 'userId'),
      idempotencyKey: null,
      outcome: outcome ?? null,
      first: pageSize(first, PAGE),
      after: after ?? null,
    })
    const nodes = await this.presenter.present(ctx, page.edges.map(({ draw }) => draw))
    return {
      edges: page.edges.map(({ cursor }, n) => ({ cursor, node: nodes[n]! })),
      pageInfo: { hasNextPage: page.hasNextPage, endCursor: page.endCursor },
    }
  }
}

function requestOf(ctx: Context, input: DrawInput): DrawRequest {
  const { campaignId, idempotencyKey } = input
  const userId = participantOf(ctx, input.userId, 'input.userId')
  // GraphQL's default stands in for what is left out, not for an explicit null.
  return {
    campaignId, userId, idempotencyKey,
    count: input.count ?? 1,
    deviceId: input.deviceId ?? null,
    ip: addressOf(ctx, input.ip),
    facts: factsOfCaller(ctx, input.participant),
  }
}

/** A device's facts are those of its token, which the tenant signed; only a tenant's server may say others. */
function factsOfCaller({ caller }: Context, given: DrawInput['participant']): ParticipantFacts {
  if (caller.kind !== 'participant') return factsOf(given, 'input.participant')
  if (given != null) throw new AppError('FORBIDDEN', 'input.participant: only a server key may say this; a device’s token says it', { field: 'input.participant' })
  return caller.facts
}

/** A device's address is where it calls from; only a tenant's server may say where its participant does. */
function addressOf({ caller }: Context, given: string | null | undefined): string | null {
  if (caller.kind !== 'participant') return given == null ? null : plainAddress(given)
  if (given != null) throw new AppError('FORBIDDEN', 'input.ip: only a server key may name an address', { field: 'input.ip' })
  return plainAddress(caller.ip)
}
