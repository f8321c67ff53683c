import { Module } from '@nestjs/common'
import { ApiKeyService } from './api-key.service.js'
import { AuditLogService } from './audit-log.service.js'
import { KeyUseService } from './key-use.service.js'
import { OperatorService } from './operator.service.js'
import { ParticipantKeyService } from './participant-key.service.js'
import { ParticipantTokenService } from './participant-token.service.js'
import { PasswordService } from './password.service.js'
import { SessionService } from './session.service.js'
import { TenantLimitService } from './tenant-limit.service.js'
import { TenantService } from './tenant.service.js'

@Module({
  providers: [
    ApiKeyService, AuditLogService, KeyUseService, OperatorService, ParticipantKeyService,
    ParticipantTokenService, PasswordService, SessionService, TenantLimitService, TenantService,
  ],
  exports: [ApiKeyService, AuditLogService, OperatorService, ParticipantTokenService, SessionService, TenantLimitService, TenantService],
})
export class TenancyModule {}
