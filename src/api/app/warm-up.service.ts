import { Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { ModulesContainer } from '@nestjs/core'
import { GraphQLModule, GraphQLSchemaHost } from '@nestjs/graphql'
import type { ApolloDriver } from '@nestjs/apollo'
import { newId } from '../../common/ids.js'
import { Readiness } from '../../platform/http/readiness.js'
import type { GraphqlContext } from '../auth/request-auth.js'

/** As apps write it. */
export const DRAW_DOCUMENT = `mutation Draw($input: DrawInput!) {
  draw(input: $input) {
    __typename
    ... on DrawAccepted { draws { id outcome prize { name } award { id status } } }
    ... on DrawRejected { code message }
  }
}`

/** Two operations: the first is answered, both are parsed and checked against all rules. */
const DOCUMENT = `query WarmUp { __typename }
${DRAW_DOCUMENT}`

/** Takes the way of a request once, so that no caller pays for code that has never run. */
@Injectable()
export class ApiWarmUp implements OnApplicationBootstrap {
  #done = false

  constructor(private readonly modules: ModulesContainer, readiness: Readiness) {
    readiness.register('api', () => this.#done)
  }

  /** Throws where the API does not answer: then it never would. */
  async onApplicationBootstrap(): Promise<void> {
    const contextValue: GraphqlContext = { req: { headers: {}, ip: '', id: newId() } }
    const { body } = await this.#driver().instance.executeOperation({ query: DOCUMENT, operationName: 'WarmUp' }, { contextValue })
    const errors = body.kind === 'single' ? body.singleResult.errors : undefined
    if (errors !== undefined) throw new Error(`The API does not answer: ${errors[0]?.message ?? ''}`)
    this.#done = true
  }

  #driver(): ApolloDriver {
    for (const module of this.modules.values()) {
      const host = module.providers.get(GraphQLSchemaHost)?.instance as GraphQLSchemaHost | undefined
      if (module.metatype !== GraphQLModule || host?.schema.getMutationType()?.getFields().draw === undefined) continue
      return (module.instance as unknown as GraphQLModule<ApolloDriver>).graphQlAdapter
    }
    throw new Error('No GraphQL server has draws')
  }
}
