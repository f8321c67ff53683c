import { Module } from '@nestjs/common'
import { FeatureWatch } from './feature-watch.js'

/** For processes that answer callers: nothing that can be off runs in the others. */
@Module({ providers: [FeatureWatch] })
export class FeatureWatchModule {}
