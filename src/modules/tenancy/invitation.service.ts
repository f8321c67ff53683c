import { Injectable } from '@nestjs/common'
import { systemContext, type Context, type Role } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { PrismaService } from '../../platform/prisma/prisma.service.js'
import { AuditLogService } from './audit-log.service.js'
import { checkedName, normalEmail } from './domain/names.js'
import { checkNewPassword } from './domain/passwords.js'
import { OPEN_INVITATIONS_MAX, OperatorLinkService } from './operator-link.service.js'
import { OperatorService } from './operator.service.js'
import { PasswordService } from './password.service.js'
import type { InvitationView, IssuedLink, OperatorView, Origin } from './tenancy.types.js'

export interface IssuedInvitation {
  readonly invitation: InvitationView
  readonly link: IssuedLink
}

/** How people become operators: by a link that an owner gives them, and a password of their own. */
@Injectable()
export class InvitationService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly links: OperatorLinkService,
    private readonly operators: OperatorService,
    private readonly passwords: PasswordService,
    private readonly audit: AuditLogService,
  ) {}

  /** For 72 hours. An open one to the same address is withdrawn. Throws BAD_USER_INPUT, or CONFLICT for an operator of the tenant. */
  async invite(ctx: Context, email: string, role: Role): Promise<IssuedInvitation> {
    const to = normalEmail(email)
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      const { tenantId } = ctx
      // Of this tenant alone: that an address is known to another is nothing to the inviter.
      if ((await tx.operator.count({ where: { tenantId, email: to } })) > 0) throw new AppError('CONFLICT', `email: "${to}" is an operator already`, { field: 'email', reason: 'IS_OPERATOR' })
      const open = { tenantId, kind: 'INVITATION' as const, usedAt: null, revokedAt: null, expiresAt: { gt: new Date() } }
      if ((await tx.operatorLink.count({ where: open })) >= OPEN_INVITATIONS_MAX) {
        throw new AppError('CONFLICT', `A tenant has at most ${OPEN_INVITATIONS_MAX} open invitations: withdraw some first`, { reason: 'LIMIT_REACHED', params: { max: OPEN_INVITATIONS_MAX } })
      }
      await this.operators.checkRoomIn(tx, tenantId)
      const { id, ...link } = await this.links.issueIn(tx, ctx, { kind: 'INVITATION', email: to, role })
      await this.audit.record(tx, ctx, { action: 'invitation.issued', subjectKind: 'invitation', subjectId: id, after: { email: to, role, expiresAt: link.expiresAt } })
      return { invitation: { id, email: to, role, createdAt: new Date(), expiresAt: link.expiresAt, revokedAt: null }, link }
    })
  }

  /** Once. Throws BAD_USER_INPUT with `field` (token, name, password), or CONFLICT when the e-mail is taken meanwhile. */
  async accept(token: string, name: string, password: string, origin: Origin): Promise<OperatorView> {
    const link = await this.links.find(token, 'INVITATION')
    const checked = checkedName(name)
    checkNewPassword(password, link.email, 'password')
    const passwordHash = await this.passwords.hash(password)
    const ctx: Context = { ...systemContext(link.tenantId, 'invitation'), ...origin }
    return this.prisma.tenant(link.tenantId, async (tx) => {
      const { email, role } = await this.links.useIn(tx, link)
      if (role === null) throw new Error('An invitation without a role')
      await this.operators.checkRoomIn(tx, link.tenantId)
      const operator = await this.operators.addIn(tx, ctx, { email, name: checked, role, passwordHash })
      await tx.operatorLink.updateMany({ where: { tenantId: link.tenantId, id: link.id }, data: { operatorId: operator.id } })
      await this.audit.record(tx, ctx, { action: 'invitation.accepted', subjectKind: 'invitation', subjectId: link.id, after: { operatorId: operator.id } })
      return operator
    })
  }
}
