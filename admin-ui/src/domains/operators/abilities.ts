import type { Permission, Role } from '../../generated/graphql.js'

/** What the API lets each role do, for people to read before they give a role to somebody. A test holds it against the API's own table. */
export const ABILITIES = {
  READ: ['OWNER', 'MANAGER', 'REVIEWER', 'ANALYST'],
  CONFIGURE: ['OWNER', 'MANAGER'],
  APPROVE: ['OWNER', 'MANAGER', 'REVIEWER'],
  DECIDE_CHANGES: ['OWNER', 'MANAGER', 'REVIEWER'],
  FULFIL: ['OWNER', 'MANAGER'],
  READ_AUDIT_LOG: ['OWNER', 'MANAGER', 'REVIEWER'],
  EXPORT_AUDIT_LOG: ['OWNER'],
  READ_API_KEYS: ['OWNER', 'MANAGER'],
  MANAGE_API_KEYS: ['OWNER'],
  MANAGE_PARTICIPANT_KEYS: ['OWNER', 'MANAGER'],
  MANAGE_WEBHOOK_SECRET: ['OWNER'],
  MANAGE_LIMITS: ['OWNER'],
  SWITCH_FEATURES: ['OWNER', 'MANAGER'],
  MANAGE_POLICY: ['OWNER'],
  MANAGE_OPERATORS: ['OWNER'],
  READ_QUEUES: ['OWNER'],
} as const satisfies Record<Permission, readonly Role[]>
