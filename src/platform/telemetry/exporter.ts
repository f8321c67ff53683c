import type { RuntimeConfig } from '../../config/config.module.js'
import { recordSpans } from './tracing.js'

/**
 * Starts the OpenTelemetry SDK where OTEL_EXPORTER_OTLP_ENDPOINT is set; it reads OTEL_* itself. Everywhere else spans
 * stay no-ops and the SDK is not even loaded. Answers how to flush and stop.
 */
export async function startExporter(config: Pick<RuntimeConfig, 'otlpEndpoint' | 'role'>): Promise<() => Promise<void>> {
  if (config.otlpEndpoint === undefined) return async () => {}
  const { NodeSDK } = await import('@opentelemetry/sdk-node')
  const sdk = new NodeSDK({ serviceName: `drawbridge-${config.role}`, instrumentations: [] })
  sdk.start()
  recordSpans()
  return () => sdk.shutdown().catch(() => undefined) // a collector that is away must not keep the process
}
