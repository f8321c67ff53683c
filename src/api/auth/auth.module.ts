import { Module } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { TenancyModule } from '../../modules/tenancy/tenancy.module.js'
import { AccessGuard } from './access.guard.js'
import { AppAuthenticator } from './app-authenticator.js'
import { OperatorAuthenticator } from './operator-authenticator.js'

/** The guard of both APIs. Whoever serves either imports this. */
@Module({
  imports: [TenancyModule],
  providers: [AppAuthenticator, OperatorAuthenticator, { provide: APP_GUARD, useClass: AccessGuard }],
  exports: [AppAuthenticator, OperatorAuthenticator, TenancyModule],
})
export class AuthModule {}
