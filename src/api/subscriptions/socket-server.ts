import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common'
import { HttpAdapterHost, ModulesContainer } from '@nestjs/core'
import { GRAPHQL_MODULE_OPTIONS, GraphQLSchemaHost, type GqlModuleOptions } from '@nestjs/graphql'
import type { FastifyInstance } from 'fastify'
import type { GraphQLSchema } from 'graphql'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Gauge } from 'prom-client'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { clientAddress, type ProxyTrust, proxyTrust } from '../../platform/http/proxies.js'
import { Logger } from '../../platform/telemetry/logger.js'
import { Metrics } from '../../platform/telemetry/metrics.js'
import { pathOf, type SocketAuth } from './connection.js'
import { SocketApi } from './socket-api.js'
import type { SocketRules } from './socket-rules.js'
import { refuseUpgrade } from './upgrade.js'

/** Leads each upgrade request to the API whose path it is for; the APIs tell it their rules when they start. */
@Injectable()
export class SocketServer implements OnApplicationBootstrap {
  readonly #apis = new Map<string, Pick<SocketApi<SocketAuth>, 'upgrade' | 'close' | 'open' | 'subscriptions'>>()
  readonly #trust: ProxyTrust | false

  constructor(
    @Inject(CONFIG) config: RuntimeConfig,
    private readonly host: HttpAdapterHost,
    private readonly modules: ModulesContainer,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {
    this.#trust = proxyTrust(config.trustProxy)
    this.#gauge('websockets', 'WebSockets open', ({ open }) => open)
    this.#gauge('subscriptions', 'Subscriptions over them', ({ subscriptions }) => subscriptions)
  }

  /** Call when the application starts: by then its schemas are made. */
  serve<Auth extends SocketAuth>(rules: SocketRules<Auth>): void {
    this.#apis.set(rules.path, new SocketApi(rules, this.#schemaAt(rules.path), this.metrics, this.logger))
  }

  onApplicationBootstrap(): void {
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>()
    fastify.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => { this.#upgrade(request, socket, head) })
    // Before the HTTP server waits for its connections to end.
    fastify.addHook('preClose', (done) => {
      for (const api of this.#apis.values()) api.close()
      done()
    })
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => { socket.destroy() })
    const api = this.#apis.get(pathOf(request) ?? '')
    if (api === undefined) return refuseUpgrade(socket, '404 Not Found')
    api.upgrade(request, socket, head, clientAddress(request, this.#trust))
  }

  #schemaAt(path: string): GraphQLSchema {
    for (const module of this.modules.values()) {
      const options = module.providers.get(GRAPHQL_MODULE_OPTIONS)?.instance as GqlModuleOptions | undefined
      const host = module.providers.get(GraphQLSchemaHost)?.instance as GraphQLSchemaHost | undefined
      if (options?.path === path && host !== undefined) return host.schema
    }
    throw new Error(`No GraphQL server is at ${path}`)
  }

  #gauge(name: string, help: string, of: (api: Pick<SocketApi<SocketAuth>, 'open' | 'subscriptions'>) => number): void {
    const apis = this.#apis
    new Gauge({
      name: `drawbridge_${name}`, help, labelNames: ['api'], registers: [this.metrics.registry],
      collect() { for (const [path, api] of apis) this.set({ api: path }, of(api)) },
    })
  }
}
