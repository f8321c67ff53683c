import type { ApolloServerPlugin } from '@apollo/server'
import { FEATURE_RETRY_MS, type Feature, type FeatureOff } from '../../platform/features/features.js'
import type { GraphqlContext } from '../auth/request-auth.js'

/** Remembers what this answer lacks. What operators have switched off has no time at which to ask again. */
export function noteFeatureOff(context: GraphqlContext, feature: Feature, { cause }: FeatureOff): void {
  context.featuresOff ??= []
  if (context.featuresOff.some((noted) => noted.feature === feature)) return
  context.featuresOff.push({ feature, retryAfterMs: cause === 'OPERATOR' ? null : FEATURE_RETRY_MS })
}

/** An answer that lacks something says so: `extensions: { featuresOff: [{ feature, retryAfterMs }] }`. */
export const featuresOffPlugin: ApolloServerPlugin<GraphqlContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response: { body }, contextValue: { featuresOff } }) {
        if (featuresOff === undefined || body.kind !== 'single') return
        body.singleResult.extensions = { ...body.singleResult.extensions, featuresOff }
      },
    }
  },
}
