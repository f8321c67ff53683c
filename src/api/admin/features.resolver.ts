import { Args, Mutation, Query, Resolver } from '@nestjs/graphql'
import type { Context } from '../../common/context.js'
import type { FeatureState, FeatureStates, MutationSwitchFeatureArgs } from '../../generated/admin.graphql.js'
import { FeatureSwitchService, type FeatureState as State } from '../../modules/tenancy/feature-switch.service.js'
import { may, Roles } from '../auth/access.js'
import { Ctx } from '../auth/parameters.js'

@Resolver()
export class FeaturesResolver {
  constructor(private readonly switches: FeatureSwitchService) {}

  @Query('features')
  @Roles(...may.read)
  async list(@Ctx() ctx: Context): Promise<FeatureStates> {
    return { process: this.switches.process, features: (await this.switches.list(ctx)).map(toState) }
  }

  @Mutation('switchFeature')
  @Roles(...may.switchFeatures)
  async switch(@Ctx() ctx: Context, @Args() { feature, to, reason }: MutationSwitchFeatureArgs): Promise<FeatureState> {
    return toState(await this.switches.switch(ctx, feature, to === 'OFF', reason))
  }
}

const toState = ({ feature, off, isSwitchedOff, last }: State): FeatureState => ({
  feature,
  off: off !== null,
  cause: off?.cause ?? null,
  since: off?.since ?? null,
  switch: isSwitchedOff ? 'OFF' : 'AUTO',
  reason: last?.reason ?? null,
  switchedBy: last?.by ?? null,
  switchedAt: last?.at ?? null,
})
