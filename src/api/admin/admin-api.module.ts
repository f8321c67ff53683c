import { Module } from '@nestjs/common'
import { AuthModule } from '../auth/auth.module.js'
import { ApiKeysResolver } from './api-keys.resolver.js'
import { OperatorsResolver } from './operators.resolver.js'
import { ParticipantKeysResolver } from './participant-keys.resolver.js'
import { SessionResolver } from './session.resolver.js'

/** What operators' tools see: schema/admin.graphql. */
@Module({ imports: [AuthModule], providers: [SessionResolver, OperatorsResolver, ApiKeysResolver, ParticipantKeysResolver] })
export class AdminApiModule {}
