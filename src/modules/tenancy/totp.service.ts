import { Inject, Injectable } from '@nestjs/common'
import type { Context } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { sha256 } from '../../common/hash.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { AuditLogService } from './audit-log.service.js'
import {
  enrolmentOf, newRecoveryCode, newTotpSecret, normalRecoveryCode, openTotp, RECOVERY_CODES, sealTotp, stepOf,
} from './domain/totp.js'

export interface TotpEnrolment {
  /** Base32, for who cannot scan. In this answer and nowhere else. */
  readonly secret: string
  /** What a QR code holds: otpauth://totp/… */
  readonly uri: string
}

const enrolledAlready = () => new AppError('CONFLICT', 'A second factor is enrolled already: disable it first', { reason: 'TOTP_ENROLLED' })
const hashOf = (code: string) => new Uint8Array(sha256(code))

/** Operators' second factor: codes of an authenticator app (RFC 6238), each taken once, and recovery codes for who lost it. */
@Injectable()
export class TotpService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogService,
    @Inject(CONFIG) private readonly config: RuntimeConfig,
  ) {}

  /** A new secret, which counts once `confirm` has had a code of it. Throws CONFLICT where one counts already. */
  async enrol({ tenantId }: Context, operatorId: string, email: string): Promise<TotpEnrolment> {
    const secret = newTotpSecret()
    const sealed = new Uint8Array(sealTotp(this.config.secretKey, tenantId, operatorId, secret))
    await this.prisma.tenant(tenantId, async (tx) => {
      await tx.operatorTotp.deleteMany({ where: { tenantId, operatorId, confirmedAt: null } })
      const { count } = await tx.operatorTotp.createMany({ data: [{ tenantId, operatorId, sealed }], skipDuplicates: true })
      if (count === 0) throw enrolledAlready()
    })
    return enrolmentOf(secret, email)
  }

  /** From now on the operator's sign-ins need a code. Returns the recovery codes, which are shown once; null: the code is wrong. */
  async confirm(ctx: Context, operatorId: string, code: string): Promise<string[] | null> {
    const { tenantId } = ctx
    return this.prisma.tenant(tenantId, async (tx) => {
      const row = await tx.operatorTotp.findUnique({ where: { tenantId_operatorId: { tenantId, operatorId } } })
      if (row === null) throw new AppError('CONFLICT', 'Enrol a second factor first', { reason: 'TOTP_MISSING' })
      if (row.confirmedAt !== null) throw enrolledAlready()
      const step = stepOf(openTotp(this.config.secretKey, tenantId, operatorId, row.sealed), code, Date.now())
      if (step === null) return null
      // `sealed` too: a code of one secret must not confirm another that has taken its place.
      const { count } = await tx.operatorTotp.updateMany({
        where: { tenantId, operatorId, confirmedAt: null, sealed: row.sealed }, data: { confirmedAt: new Date(), lastStep: step },
      })
      if (count === 0) throw enrolledAlready()
      const codes = Array.from({ length: RECOVERY_CODES }, newRecoveryCode)
      await tx.operatorRecoveryCode.deleteMany({ where: { tenantId, operatorId } })
      const kept = codes.map((text) => ({ tenantId, operatorId, codeHash: hashOf(normalRecoveryCode(text)!) }))
      await tx.operatorRecoveryCode.createMany({ data: kept })
      await this.audit.record(tx, ctx, { action: 'operator.totp-enrolled', subjectKind: 'operator', subjectId: operatorId, before: { totpEnabled: false }, after: { totpEnabled: true } })
      return codes
    })
  }

  /** Whether the operator's sign-ins need a code. */
  async isEnrolledIn(tx: Tx, tenantId: string, operatorId: string): Promise<boolean> {
    return (await tx.operatorTotp.count({ where: { tenantId, operatorId, confirmedAt: { not: null } } })) > 0
  }

  /** Uses up a code of the app or a recovery code, once, whoever else tries the same one. False: it is none, or was used. */
  async spendIn(tx: Tx, ctx: Context, operatorId: string, code: string): Promise<boolean> {
    const { tenantId } = ctx
    const recovery = normalRecoveryCode(code)
    if (recovery === null) return this.spendStepIn(tx, tenantId, operatorId, code)
    const { count } = await tx.operatorRecoveryCode.updateMany({
      where: { tenantId, operatorId, codeHash: hashOf(recovery), usedAt: null }, data: { usedAt: new Date() },
    })
    if (count === 0) return false
    const left = await tx.operatorRecoveryCode.count({ where: { tenantId, operatorId, usedAt: null } })
    await this.audit.record(tx, ctx, { action: 'operator.recovery-code-used', subjectKind: 'operator', subjectId: operatorId, after: { left } })
    return true
  }

  /** Takes the factor away, with its recovery codes. False: there was none. */
  async removeIn(tx: Tx, ctx: Context, operatorId: string, action: 'operator.totp-disabled' | 'operator.totp-reset'): Promise<boolean> {
    const where = { tenantId: ctx.tenantId, operatorId }
    const { count } = await tx.operatorTotp.deleteMany({ where })
    await tx.operatorRecoveryCode.deleteMany({ where })
    if (count > 0) {
      await this.audit.record(tx, ctx, { action, subjectKind: 'operator', subjectId: operatorId, before: { totpEnabled: true }, after: { totpEnabled: false } })
    }
    return count > 0
  }

  private async spendStepIn(tx: Tx, tenantId: string, operatorId: string, code: string): Promise<boolean> {
    const row = await tx.operatorTotp.findFirst({ where: { tenantId, operatorId, confirmedAt: { not: null } } })
    if (row === null) return false
    const step = stepOf(openTotp(this.config.secretKey, tenantId, operatorId, row.sealed), code, Date.now())
    if (step === null) return false
    const notYet = { tenantId, operatorId, lastStep: { lt: step } }
    const { count } = await tx.operatorTotp.updateMany({ where: notYet, data: { lastStep: step } })
    return count > 0
  }
}
