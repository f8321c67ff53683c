import { Injectable } from '@nestjs/common'
import { Counter } from 'prom-client'
import { Metrics } from '../../platform/telemetry/metrics.js'

@Injectable()
export class AuditMetrics {
  readonly entries: Counter
  readonly exports: Counter<'format'>

  constructor({ registry }: Metrics) {
    const registers = [registry]
    this.entries = new Counter({ name: 'drawbridge_audit_entries_total', help: 'Entries handed to the audit log', registers })
    this.exports = new Counter({ name: 'drawbridge_audit_exports_total', help: 'Exports of the audit log that were begun', labelNames: ['format'], registers })
  }
}
