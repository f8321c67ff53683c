import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context, Role } from '../../common/context.js'
import { InvitationService, type IssuedInvitation } from '../../modules/tenancy/invitation.service.js'
import { OperatorLinkService } from '../../modules/tenancy/operator-link.service.js'
import type { InvitationView, OperatorView } from '../../modules/tenancy/tenancy.types.js'
import { may, Public, Roles } from '../auth/access.js'
import { requestIdOf } from '../auth/caller-context.js'
import { Ctx, Http } from '../auth/parameters.js'
import type { GraphqlContext } from '../auth/request-auth.js'

@Resolver()
export class InvitationsResolver {
  constructor(private readonly service: InvitationService, private readonly links: OperatorLinkService) {}

  @Query('invitations')
  @Roles(...may.manageOperators)
  invitations(@Ctx() ctx: Context): Promise<InvitationView[]> {
    return this.links.invitations(ctx)
  }

  @Mutation('inviteOperator')
  @Roles(...may.manageOperators)
  invite(@Ctx() ctx: Context, @Args('email') email: string, @Args('role') role: Role): Promise<IssuedInvitation> {
    return this.service.invite(ctx, email, role)
  }

  @Mutation('revokeInvitation')
  @Roles(...may.manageOperators)
  revoke(@Ctx() ctx: Context, @Args('id') id: string): Promise<InvitationView> {
    return this.links.revokeInvitation(ctx, id)
  }

  @Mutation('acceptInvitation')
  @Public()
  accept(@Args('token') token: string, @Args('name') name: string, @Args('password') password: string, @Http() { req }: GraphqlContext): Promise<OperatorView> {
    return this.service.accept(token, name, password, { ip: req.ip, requestId: requestIdOf(req) })
  }
}
