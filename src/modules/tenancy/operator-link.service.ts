import { Inject, Injectable } from '@nestjs/common'
import type { Caller, Context, Role } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import { sha256 } from '../../common/hash.js'
import { isUuid, newId } from '../../common/ids.js'
import { CONFIG, type RuntimeConfig } from '../../config/config.module.js'
import { PrismaService, type Tx } from '../../platform/prisma/prisma.service.js'
import { SqlService } from '../../platform/prisma/sql.service.js'
import { AuditLogService } from './audit-log.service.js'
import { isLinkToken, newLinkToken } from './domain/secrets.js'
import type { InvitationView, IssuedLink } from './tenancy.types.js'

const INVITATION_MS = 72 * 60 * 60_000
// Whoever holds it has the account: it is meant for now.
const PASSWORD_RESET_MS = 60 * 60_000
export const OPEN_INVITATIONS_MAX = 100
const INVITATION = { id: true, email: true, role: true, createdAt: true, expiresAt: true, usedAt: true, revokedAt: true } as const

export type LinkKind = 'INVITATION' | 'PASSWORD_RESET'

/** A link that can be used now. */
export interface OpenLink {
  readonly tenantId: string
  readonly id: string
  readonly email: string
}

interface LinkRow {
  tenant_id: string
  link_id: string
  kind: LinkKind
  email: string
}

export interface NewLink {
  readonly kind: LinkKind
  readonly email: string
  readonly role?: Role
  readonly operatorId?: string
}

export interface UsedLink {
  readonly email: string
  readonly role: Role | null
  readonly operatorId: string | null
}

const deadLink = () => new AppError('BAD_USER_INPUT', 'token: the link has been used or withdrawn, or is too old: ask for a new one', { field: 'token', reason: 'LINK_DEAD' })

function issuer(caller: Caller): string {
  if (caller.kind === 'operator') return caller.operatorId
  return caller.kind === 'system' ? caller.name : caller.kind
}

/** One-time links: a token is shown once to who issues it, and kept as a hash. Sending it is up to the issuer. */
@Injectable()
export class OperatorLinkService {
  constructor(
    private readonly sql: SqlService,
    private readonly prisma: PrismaService,
    private readonly audit: AuditLogService,
    @Inject(CONFIG) private readonly config: RuntimeConfig,
  ) {}

  /** Takes the place of an open link of the kind to the same address. */
  async issueIn(tx: Tx, ctx: Context, to: NewLink): Promise<IssuedLink & { id: string }> {
    const { tenantId } = ctx
    const token = newLinkToken()
    const id = newId()
    const expiresAt = new Date(Date.now() + (to.kind === 'INVITATION' ? INVITATION_MS : PASSWORD_RESET_MS))
    const open = { tenantId, kind: to.kind, email: to.email, usedAt: null, revokedAt: null }
    await tx.operatorLink.updateMany({ where: open, data: { revokedAt: new Date() } })
    const data = { tenantId, id, ...to, tokenHash: new Uint8Array(sha256(token)), issuedBy: issuer(ctx.caller), expiresAt }
    await tx.operatorLink.create({ data, select: { id: true } })
    // Behind the #: neither a server's log nor a Referer header has it.
    const page = to.kind === 'INVITATION' ? 'invitation' : 'password-reset'
    return { id, token, url: `${new URL(this.config.publicUrl).origin}/admin/${page}#${token}`, expiresAt }
  }

  /** The link that a token opens. Throws BAD_USER_INPUT for every token that opens none of the kind. */
  async find(token: string, kind: LinkKind): Promise<OpenLink> {
    if (!isLinkToken(token)) throw deadLink()
    const row = await this.sql.system(async (sql) => {
      const { rows } = await sql.query<LinkRow>('SELECT * FROM system_operator_link($1)', [sha256(token)])
      return rows[0]
    })
    if (row?.kind !== kind) throw deadLink()
    return { tenantId: row.tenant_id, id: row.link_id, email: row.email }
  }

  /** Uses the link up: of many who try, one. Throws BAD_USER_INPUT. */
  async useIn(tx: Tx, { tenantId, id }: OpenLink): Promise<UsedLink> {
    const open = { tenantId, id, usedAt: null, revokedAt: null, expiresAt: { gt: new Date() } }
    const { count } = await tx.operatorLink.updateMany({ where: open, data: { usedAt: new Date() } })
    if (count === 0) throw deadLink()
    const select = { email: true, role: true, operatorId: true } as const
    return tx.operatorLink.findUniqueOrThrow({ where: { tenantId_id: { tenantId, id } }, select })
  }

  /** Invitations that nobody has used, newest first; expired ones too. */
  async invitations({ tenantId }: Context): Promise<InvitationView[]> {
    const where = { tenantId, kind: 'INVITATION' as const, usedAt: null, revokedAt: null }
    const rows = await this.prisma.tenant(tenantId, (tx) =>
      tx.operatorLink.findMany({ where, orderBy: { createdAt: 'desc' }, take: OPEN_INVITATIONS_MAX, select: INVITATION }))
    return rows.map(toView)
  }

  /** Again on a withdrawn one changes nothing. Throws NOT_FOUND, CONFLICT where somebody came of it. */
  async revokeInvitation(ctx: Context, id: string): Promise<InvitationView> {
    const missing = () => new AppError('NOT_FOUND', 'There is no such invitation', { field: 'id' })
    if (!isUuid(id)) throw missing()
    return this.prisma.tenant(ctx.tenantId, async (tx) => {
      const where = { tenantId: ctx.tenantId, id, kind: 'INVITATION' as const }
      const open = { ...where, usedAt: null, revokedAt: null }
      const { count } = await tx.operatorLink.updateMany({ where: open, data: { revokedAt: new Date() } })
      const row = await tx.operatorLink.findFirst({ where, select: INVITATION })
      if (row === null) throw missing()
      if (row.usedAt !== null) throw new AppError('CONFLICT', 'The invitation has been accepted: disable the operator instead', { field: 'id', reason: 'INVITATION_ACCEPTED' })
      if (count > 0) {
        await this.audit.record(tx, ctx, { action: 'invitation.revoked', subjectKind: 'invitation', subjectId: id, before: { email: row.email, role: row.role, revokedAt: null }, after: { email: row.email, role: row.role, revokedAt: row.revokedAt } })
      }
      return toView(row)
    })
  }
}

interface InvitationRow {
  id: string
  email: string
  role: Role | null
  createdAt: Date
  expiresAt: Date
  revokedAt: Date | null
}

function toView({ id, email, role, createdAt, expiresAt, revokedAt }: InvitationRow): InvitationView {
  if (role === null) throw new Error('An invitation without a role')
  return { id, email, role, createdAt, expiresAt, revokedAt }
}
