import { Global, Module } from '@nestjs/common'
import { MetricsServer } from './metrics-server.js'
import { Readiness } from './readiness.js'
import { StoreSettings } from '../stores/settings.service.js'
import { StoreProbe } from './store-probe.service.js'

@Global()
@Module({ providers: [Readiness, StoreProbe, StoreSettings, MetricsServer], exports: [Readiness, StoreProbe] })
export class HttpModule {}
