import { SetMetadata } from '@nestjs/common'
import type { Role } from '../../common/context.js'

export const ACCESS = 'drawbridge:access'

/** Who may run an operation. One without a declaration runs for nobody. */
export type Access =
  | { readonly api: 'app'; readonly callers: ReadonlyArray<'server' | 'participant'> }
  | { readonly api: 'admin'; readonly roles: readonly Role[] }
  | { readonly api: 'public' }

/** The tenants' API: a tenant's server or a participant's device. */
export const AnyCaller = () => SetMetadata<string, Access>(ACCESS, { api: 'app', callers: ['server', 'participant'] })

/** The tenants' API: a tenant's server alone. */
export const ServerOnly = () => SetMetadata<string, Access>(ACCESS, { api: 'app', callers: ['server'] })

export const TEST_KEYS = 'drawbridge:test-keys'

/** The tenants' API: a TEST key too. An operation without this is refused to it: whoever writes one need not think of test worlds. */
export const TestKeysToo = () => SetMetadata<string, true>(TEST_KEYS, true)

/** The operators' API: a signed-in operator with one of the roles. */
export const Roles = (...roles: readonly Role[]) => SetMetadata<string, Access>(ACCESS, { api: 'admin', roles })

export const WHILE_ENROLLING = 'drawbridge:while-enrolling'

/** The operators' API: even to one who has yet to enrol the second factor that the tenant asks for. */
export const WhileEnrolling = () => SetMetadata<string, true>(WHILE_ENROLLING, true)

/** Anybody, unknown callers included: signing in and one-time links, and nothing else. */
export const Public = () => SetMetadata<string, Access>(ACCESS, { api: 'public' })

/** What each role may do: `@Roles(...may.publish)`. */
export const may = {
  read: ['OWNER', 'MANAGER', 'REVIEWER', 'ANALYST'],
  /** Campaigns, prizes, stock, risk. */
  configure: ['OWNER', 'MANAGER'],
  /** Publish, pause, resume, end. MANAGER too, until a change needs a second pair of eyes. */
  approve: ['OWNER', 'MANAGER', 'REVIEWER'],
  readApiKeys: ['OWNER', 'MANAGER'],
  manageApiKeys: ['OWNER'],
  /** How often the tenant may draw. */
  manageLimits: ['OWNER'],
  manageParticipantKeys: ['OWNER', 'MANAGER'],
  /** Deliver, issue again, take back; see addresses. */
  fulfil: ['OWNER', 'MANAGER'],
  manageWebhookSecret: ['OWNER'],
  manageOperators: ['OWNER'],
  managePolicy: ['OWNER'],
  switchFeatures: ['OWNER', 'MANAGER'],
  /** Who approves must see who did what; addresses of the staff stand there too. */
  readAuditLog: ['OWNER', 'MANAGER', 'REVIEWER'],
  exportAuditLog: ['OWNER'],
  /** Bull's queues, of the installation: for owners of the one tenant that QUEUE_DESK_TENANT names. */
  readQueues: ['OWNER'],
  /** Whoever could make some change that waits; which, is asked where it is decided. */
  decideChanges: ['OWNER', 'MANAGER', 'REVIEWER'],
} as const satisfies Record<string, readonly Role[]>

type Screaming<Text extends string> = Text extends `${infer First}${infer Rest}`
  ? `${First extends Lowercase<First> ? Uppercase<First> : `_${First}`}${Screaming<Rest>}` : ''

/** The rows of the table above that name a role, as the schema writes them: `readApiKeys` is READ_API_KEYS. */
export const permissionsOf = (role: Role) =>
  Object.entries(may)
    .filter(([, roles]) => roles.some((allowed) => allowed === role))
    .map(([name]) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase() as Screaming<keyof typeof may>)
