import { Args, Mutation, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import { AccountService } from '../../modules/tenancy/account.service.js'
import type { IssuedLink } from '../../modules/tenancy/tenancy.types.js'
import type { TotpEnrolment } from '../../modules/tenancy/totp.service.js'
import { may, Public, Roles, WhileEnrolling } from '../auth/access.js'
import { requestIdOf } from '../auth/caller-context.js'
import { Ctx, Http, SessionId } from '../auth/parameters.js'
import type { GraphqlContext } from '../auth/request-auth.js'

/** Passwords and second factors. */
@Resolver()
export class AccountResolver {
  constructor(private readonly account: AccountService) {}

  @Mutation('changePassword')
  @Roles(...may.read)
  @WhileEnrolling()
  async changePassword(
    @Ctx() ctx: Context, @SessionId() sessionId: string, @Http() { req }: GraphqlContext,
    @Args('oldPassword') oldPassword: string, @Args('newPassword') newPassword: string,
  ): Promise<boolean> {
    await this.account.changePassword(ctx, sessionId, { oldPassword, newPassword }, req.ip)
    return true
  }

  @Mutation('issuePasswordReset')
  @Roles(...may.manageOperators)
  issuePasswordReset(@Ctx() ctx: Context, @Args('operatorId') operatorId: string): Promise<IssuedLink> {
    return this.account.issuePasswordReset(ctx, operatorId)
  }

  @Mutation('resetPassword')
  @Public()
  async resetPassword(@Args('token') token: string, @Args('password') password: string, @Http() { req }: GraphqlContext): Promise<boolean> {
    await this.account.resetPassword(token, password, { ip: req.ip, requestId: requestIdOf(req) })
    return true
  }

  @Mutation('enrolTotp')
  @Roles(...may.read)
  @WhileEnrolling()
  enrolTotp(@Ctx() ctx: Context, @Args('password') password: string, @Http() { req }: GraphqlContext): Promise<TotpEnrolment> {
    return this.account.enrolTotp(ctx, password, req.ip)
  }

  @Mutation('confirmTotp')
  @Roles(...may.read)
  @WhileEnrolling()
  async confirmTotp(@Ctx() ctx: Context, @Args('code') code: string, @Http() { req }: GraphqlContext): Promise<{ recoveryCodes: string[] }> {
    return { recoveryCodes: await this.account.confirmTotp(ctx, code, req.ip) }
  }

  @Mutation('disableTotp')
  @Roles(...may.read)
  async disableTotp(
    @Ctx() ctx: Context, @Args('password') password: string, @Args('code') code: string, @Http() { req }: GraphqlContext,
  ): Promise<boolean> {
    await this.account.disableTotp(ctx, password, code, req.ip)
    return true
  }
}
