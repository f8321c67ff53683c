import type { ApolloServerPlugin } from '@apollo/server'
import { GraphQLError, OperationTypeNode } from 'graphql'

/** Sent by POST, a subscription would be run as if it were a query: past its guard, with nothing to tell. */
export const subscriptionsBySocket: ApolloServerPlugin = {
  async requestDidStart() {
    return {
      async didResolveOperation({ operation }) {
        if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return
        throw new GraphQLError('Subscriptions come over a WebSocket, at this path', { extensions: { code: 'BAD_USER_INPUT' } })
      },
    }
  },
}
