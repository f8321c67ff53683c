import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { Inject, Injectable, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common'
import { ConfigError } from '../../config/config.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { Metrics } from '../telemetry/metrics.js'

/** GET /metrics in Prometheus' format, on a port of its own that need not be open to the world. */
@Injectable()
export class MetricsServer implements OnApplicationBootstrap, OnApplicationShutdown {
  #server: Server | undefined

  constructor(@Inject(CONFIG) private readonly config: RuntimeConfig, private readonly metrics: Metrics) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.config.metricsPort === 0) return
    const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
      const path = request.url?.split('?', 1)[0]
      if (path !== '/metrics' || (request.method !== 'GET' && request.method !== 'HEAD')) {
        response.writeHead(path === '/metrics' ? 405 : 404).end()
        return
      }
      this.metrics.text().then(
        (text) => response.writeHead(200, { 'content-type': this.metrics.registry.contentType }).end(text),
        () => response.writeHead(500).end(),
      )
    })
    try {
      server.listen(this.config.metricsPort, this.config.host)
      await once(server, 'listening')
    } catch (error) {
      const reason = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' ? 'is taken by another program' : 'cannot be listened on'
      throw new ConfigError('METRICS_PORT', `port ${this.config.metricsPort} ${reason}`)
    }
    server.unref()
    this.#server = server
  }

  onApplicationShutdown(): void {
    this.#server?.close()
    this.#server?.closeAllConnections()
  }
}
