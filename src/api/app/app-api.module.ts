import { Module } from '@nestjs/common'
import { AuthModule } from '../auth/auth.module.js'

/** What the tenants' apps see: schema/app.graphql. */
@Module({ imports: [AuthModule], providers: [] })
export class AppApiModule {}
