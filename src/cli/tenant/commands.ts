import { systemContext, type Context, type Role } from '../../common/context.js'
import { AppError } from '../../common/errors.js'
import type { OperatorView } from '../../modules/tenancy/tenancy.types.js'
import type { Tenancy } from './tenancy.js'

/** The command line itself is wrong: exit code 2. */
export class UsageError extends Error {}

export type Options = Readonly<Record<string, string | undefined>>
type Command = (options: Options) => (tenancy: Tenancy) => Promise<string>

const ROLES: readonly Role[] = ['OWNER', 'MANAGER', 'REVIEWER', 'ANALYST']
const ACTOR = 'command line'

/** Every given option must be one that the command knows: a misplaced one is a mistake, not a wish to be ignored. */
function only(options: Options, required: readonly string[], optional: readonly string[] = []): Record<string, string> {
  const wrong = Object.keys(options).filter((name) => ![...required, ...optional].includes(name))
  if (wrong.length > 0) throw new UsageError(`This command does not take --${wrong.join(', --')}`)
  const missing = required.filter((name) => options[name] === undefined)
  if (missing.length > 0) throw new UsageError(`This command needs --${missing.join(', --')}`)
  return options as Record<string, string>
}

function drawsPerSecond(text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text)) throw new UsageError('--draws-per-second: must be an integer from 1 to 10000000')
  return Number(text)
}

function role(text: string): Role {
  const found = ROLES.find((name) => name === text.toUpperCase())
  if (found === undefined) throw new UsageError(`--role: must be one of ${ROLES.join(', ')}`)
  return found
}

async function operatorOf({ operators }: Tenancy, ctx: Context, email: string): Promise<OperatorView> {
  const operator = await operators.byEmail(ctx, email)
  if (operator === null) throw new AppError('NOT_FOUND', 'There is no such operator')
  return operator
}

async function contextOf({ tenants }: Tenancy, slug: string): Promise<Context> {
  const tenant = await tenants.bySlug(slug)
  if (tenant === null) throw new AppError('NOT_FOUND', `There is no tenant "${slug}"`)
  return systemContext(tenant.tenantId, ACTOR)
}

const lines = (...pairs: Array<[label: string, value: string]>) => {
  const width = Math.max(...pairs.map(([label]) => label.length))
  return pairs.map(([label, value]) => `  ${label.padEnd(width)}  ${value}`).join('\n')
}

const localPart = (email: string) => email.split('@')[0] ?? email

const create: Command = (given) => {
  const options = only(given, ['slug', 'name', 'owner-email'], ['owner-name', 'draws-per-second'])
  const limit = options['draws-per-second']
  const ownerEmail = options['owner-email']!
  const input = {
    slug: options.slug!,
    name: options.name!,
    ownerEmail,
    ownerName: options['owner-name'] ?? localPart(ownerEmail),
    drawsPerSecondMax: limit === undefined ? undefined : drawsPerSecond(limit),
    actor: ACTOR,
  }
  return async ({ tenants }) => {
    const { tenant, owner, ownerPassword, apiKey } = await tenants.create(input)
    return `Tenant ${tenant.tenantSlug} is made. Keep these now: they are not shown again.\n\n${lines(
      ['Owner', owner.email], ['Password', ownerPassword], ['Server API key', apiKey],
    )}`
  }
}

const addOperator: Command = (given) => {
  const options = only(given, ['tenant', 'email', 'role'], ['name'])
  const email = options.email!
  const input = { email, name: options.name ?? localPart(email), role: role(options.role!) }
  return async (tenancy) => {
    const { operator, password } = await tenancy.operators.add(await contextOf(tenancy, options.tenant!), input)
    return `${operator.email} is ${operator.role} of ${options.tenant}. Keep the password now: it is not shown again.\n\n${lines(['Password', password])}`
  }
}

const resetPassword: Command = (given) => {
  const options = only(given, ['tenant', 'email'])
  return async (tenancy) => {
    const { operator, password } = await tenancy.operators.resetPassword(await contextOf(tenancy, options.tenant!), options.email!)
    return `${operator.email} is signed out everywhere and has a new password. It is not shown again.\n\n${lines(['Password', password])}`
  }
}

const invite: Command = (given) => {
  const options = only(given, ['tenant', 'email', 'role'])
  const wanted = role(options.role!)
  return async (tenancy) => {
    const { invitation, link } = await tenancy.invitations.invite(await contextOf(tenancy, options.tenant!), options.email!, wanted)
    return `${invitation.email} is invited as ${invitation.role}. Pass this on: it is not shown again.\n\n${lines(
      ['Link', link.url], ['Token', link.token], ['Good until', link.expiresAt.toISOString()],
    )}`
  }
}

const resetLink: Command = (given) => {
  const options = only(given, ['tenant', 'email'])
  return async (tenancy) => {
    const ctx = await contextOf(tenancy, options.tenant!)
    const { id, email } = await operatorOf(tenancy, ctx, options.email!)
    const link = await tenancy.account.issuePasswordReset(ctx, id)
    return `${email} sets a new password by this link, once. It is not shown again.\n\n${lines(
      ['Link', link.url], ['Token', link.token], ['Good until', link.expiresAt.toISOString()],
    )}`
  }
}

const resetTotp: Command = (given) => {
  const options = only(given, ['tenant', 'email'])
  return async (tenancy) => {
    const ctx = await contextOf(tenancy, options.tenant!)
    const { id, email } = await operatorOf(tenancy, ctx, options.email!)
    await tenancy.roster.resetTotp(ctx, id)
    return `${email} signs in with the password alone, and is signed out everywhere if there was a second factor.`
  }
}

const setLimit: Command = (given) => {
  const options = only(given, ['tenant', 'draws-per-second'])
  const limit = drawsPerSecond(options['draws-per-second']!)
  return async (tenancy) => {
    const tenant = await tenancy.tenants.setLimit(await contextOf(tenancy, options.tenant!), limit)
    return `${tenant.tenantSlug} may draw ${tenant.drawsPerSecondMax} times a second, within 5 s everywhere.`
  }
}

const list: Command = (given) => {
  only(given, [])
  return async (tenancy) => {
    const rows = await tenancy.list()
    if (rows.length === 0) return 'No tenants yet: npm run tenant -- create --help'
    const table = [['SLUG', 'NAME', 'DRAWS/S', 'OPERATORS', 'KEYS'], ...rows.map((row) => [
      row.slug, row.name, String(row.drawsPerSecondMax), String(row.operators), String(row.apiKeys),
    ])]
    const widths = table[0]!.map((_, column) => Math.max(...table.map((row) => row[column]!.length)))
    return table.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ').trimEnd()).join('\n')
  }
}

export const commands: Readonly<Record<string, Command | undefined>> = Object.assign(Object.create(null) as object, {
  create, 'add-operator': addOperator, 'reset-password': resetPassword, invite, 'reset-link': resetLink, 'reset-totp': resetTotp, 'set-limit': setLimit, list,
})
