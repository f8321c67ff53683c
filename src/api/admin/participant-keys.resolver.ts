import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { ParticipantKey } from '../../generated/admin.graphql.js'
import { ParticipantTokenService } from '../../modules/tenancy/participant-token.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class ParticipantKeysResolver {
  constructor(private readonly tokens: ParticipantTokenService) {}

  @Query('participantKeys')
  @Roles(...may.read)
  list(@Ctx() ctx: Context): Promise<ParticipantKey[]> {
    return this.tokens.listKeys(ctx)
  }

  @Mutation('registerParticipantKey')
  @Roles(...may.manageParticipantKeys)
  register(
    @Ctx() ctx: Context,
    @Args('kid') kid: string,
    @Args('algorithm') algorithm: string,
    @Args('publicJwk') publicJwk: string,
  ): Promise<ParticipantKey> {
    return this.tokens.registerKey(ctx, kid, algorithm, publicJwk)
  }

  @Mutation('revokeParticipantKey')
  @Roles(...may.manageParticipantKeys)
  revoke(@Ctx() ctx: Context, @Args('id') id: string): Promise<ParticipantKey> {
    return this.tokens.revokeKey(ctx, id)
  }
}
