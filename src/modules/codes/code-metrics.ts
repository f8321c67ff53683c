import { Injectable } from '@nestjs/common'
import { Counter, Gauge } from 'prom-client'
import { Metrics } from '../../platform/telemetry/metrics.js'

@Injectable()
export class CodeMetrics {
  readonly lowPools: Gauge
  readonly waitingPools: Gauge
  readonly imports: Counter<'state'>
  readonly importedCodes: Counter

  constructor({ registry }: Metrics) {
    const registers = [registry]
    this.lowPools = new Gauge({ name: 'drawbridge_code_pools_low', help: 'Pools of running campaigns with as few free codes as their threshold, or fewer', registers })
    this.waitingPools = new Gauge({ name: 'drawbridge_code_pools_waiting', help: 'Pools with awards that wait for a code', registers })
    this.imports = new Counter({ name: 'drawbridge_code_imports_total', help: 'Ended imports, dry runs included; state: DONE, REFUSED or FAILED', labelNames: ['state'], registers })
    this.importedCodes = new Counter({ name: 'drawbridge_imported_codes_total', help: 'Codes that came into pools', registers })
  }
}
