import { Global, Module } from '@nestjs/common'
import { Features } from './features.js'

/** What is off, to be asked anywhere. Where nobody watches (FeatureWatchModule), everything is on. */
@Global()
@Module({ providers: [Features], exports: [Features] })
export class FeaturesModule {}
