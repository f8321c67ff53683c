import { Module } from '@nestjs/common'
import { FeaturesModule } from '../../platform/features/features.module.js'
import { AccountService } from './account.service.js'
import { ApiKeyService } from './api-key.service.js'
import { AuditExportService } from './audit-export.service.js'
import { AuditLogService } from './audit-log.service.js'
import { AuditMetrics } from './audit-metrics.js'
import { AuditReadService } from './audit-read.service.js'
import { FeatureSwitchService } from './feature-switch.service.js'
import { InvitationService } from './invitation.service.js'
import { KeyUseService } from './key-use.service.js'
import { LoginAttempts } from './login-attempts.service.js'
import { OperatorLinkService } from './operator-link.service.js'
import { OperatorRosterService } from './operator-roster.service.js'
import { OperatorService } from './operator.service.js'
import { ParticipantKeyService } from './participant-key.service.js'
import { ParticipantTokenService } from './participant-token.service.js'
import { PasswordService } from './password.service.js'
import { PolicyService } from './policy.service.js'
import { SessionService } from './session.service.js'
import { TenantLimitService } from './tenant-limit.service.js'
import { TenantService } from './tenant.service.js'
import { TotpService } from './totp.service.js'

@Module({
  imports: [FeaturesModule],
  providers: [
    ApiKeyService, AuditLogService, KeyUseService, OperatorService, ParticipantKeyService,
    ParticipantTokenService, PasswordService, SessionService, TenantLimitService, TenantService,
    AccountService, InvitationService, LoginAttempts, OperatorLinkService, OperatorRosterService, PolicyService, TotpService,
    FeatureSwitchService, AuditExportService, AuditMetrics, AuditReadService,
  ],
  exports: [
    ApiKeyService, AuditLogService, OperatorService, ParticipantTokenService, SessionService, TenantLimitService, TenantService,
    AccountService, InvitationService, OperatorLinkService, OperatorRosterService, PolicyService, FeatureSwitchService,
    AuditExportService, AuditReadService,
  ],
})
export class TenancyModule {}
