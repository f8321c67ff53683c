import { ApolloServerPluginCacheControlDisabled } from '@apollo/server/plugin/disabled'
import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo'
import { Args, GraphQLModule, Mutation, Resolver } from '@nestjs/graphql'
import { type CanActivate, type ExecutionContext, Inject, Injectable, Module, type Type, UseGuards } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { GqlExecutionContext } from '@nestjs/graphql'
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify'
import { PrismaPg } from '@prisma/adapter-pg'
import { PrismaClient } from '../generated/prisma/client.js'

/** What both baselines are told. */
export interface BaselineOptions {
  readonly port: number
  readonly databaseUrl: string
  readonly redisUrl: string
  readonly apiKey: string
  readonly campaignId: string
  readonly drawsPerUserMax: number
}

export const OPTIONS = Symbol('options')
export const PRISMA = Symbol('prisma')
export const DRAWS = Symbol('draws')

export interface DrawInput { readonly campaignId: string; readonly userId: string; readonly idempotencyKey: string }
export type DrawPayload =
  | { readonly __typename: 'DrawAccepted'; readonly draws: ReadonlyArray<{ readonly id: string; readonly outcome: string; readonly prize: { readonly name: string } | null }>; readonly replayed: boolean }
  | { readonly __typename: 'DrawRejected'; readonly code: string; readonly message: string }

export interface DrawsOf { draw(input: DrawInput): Promise<DrawPayload> }

const TYPES = `
  type Prize { name: String! }
  type Draw { id: ID!, outcome: String!, prize: Prize }
  type DrawAccepted { draws: [Draw!]!, replayed: Boolean! }
  type DrawRejected { code: String!, message: String! }
  union DrawPayload = DrawAccepted | DrawRejected
  input DrawInput { campaignId: ID!, userId: ID!, idempotencyKey: ID! }
  type Query { ok: Boolean }
  type Mutation { draw(input: DrawInput!): DrawPayload! }
`

@Injectable()
class ApiKeyGuard implements CanActivate {
  constructor(@Inject(OPTIONS) private readonly options: BaselineOptions) {}

  canActivate(execution: ExecutionContext): boolean {
    const { req } = GqlExecutionContext.create(execution).getContext<{ req: { headers: Record<string, unknown> } }>()
    return req.headers['x-api-key'] === this.options.apiKey
  }
}

@Resolver()
class DrawResolver {
  constructor(@Inject(DRAWS) private readonly draws: DrawsOf) {}

  @Mutation('draw')
  @UseGuards(ApiKeyGuard)
  draw(@Args('input') input: DrawInput): Promise<DrawPayload> {
    return this.draws.draw(input)
  }
}

/** NestJS, Apollo and Prisma as their manuals say, in production settings; `draws` decides. */
export async function serve(options: BaselineOptions, draws: Type<DrawsOf>): Promise<void> {
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: options.databaseUrl, max: 20 }) })
  @Module({
    imports: [GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver, typeDefs: TYPES, path: '/graphql', introspection: false, graphiql: false, includeStacktraceInErrorResponses: false,
      plugins: [ApolloServerPluginCacheControlDisabled()],
    })],
    providers: [
      DrawResolver, ApiKeyGuard,
      { provide: OPTIONS, useValue: options }, { provide: PRISMA, useValue: prisma }, { provide: DRAWS, useClass: draws },
    ],
  })
  class AppModule {}
  const app = await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger: ['error'] })
  await app.listen(options.port, '127.0.0.1')
}

export interface Odds { readonly id: string; readonly name: string; readonly probabilityPpb: number }

/** The prize that a roll of [0, 1e9) falls on. */
export function chosen(prizes: readonly Odds[], roll: number): Odds | null {
  let upTo = 0
  for (const prize of prizes) {
    upTo += prize.probabilityPpb
    if (roll < upTo) return prize
  }
  return null
}
