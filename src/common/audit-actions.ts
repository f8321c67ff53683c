/**
 * What entries of the audit log call what was done: `<subject kind>.<verb in the past>`. Names stay as they are: others
 * search for them, and the dashboard has words for each in its languages (a test holds it to that).
 */
export const AUDIT_ACTIONS = [
  'api-key.created', 'api-key.limit-set', 'api-key.revoked',
  'audit-log.exported',
  'award.confirmed', 'award.failed', 'awards.issued-again', 'awards.revoked', 'awards.expired',
  'campaign.created', 'campaign.cloned', 'campaign.updated', 'campaign.odds-revised', 'campaign.published', 'campaign.paused', 'campaign.resumed',
  'campaign.ended', 'campaign.buckets-wanted', 'campaign.stock-adjusted', 'campaign.stock-released', 'campaign.stock-reduction-begun',
  'campaign.stock-reduction-called-off', 'campaign.test-draws-reset', 'campaign.recovery-begun', 'campaign.recovered',
  'change-request.created', 'change-request.approved', 'change-request.rejected', 'change-request.withdrawn', 'change-request.stale',
  'code-pool.imported', 'code-pool.opened', 'code-pool.threshold-set', 'code-pool.voided',
  'feature.switched',
  'invitation.accepted', 'invitation.issued', 'invitation.revoked',
  'operator.added', 'operator.role-set', 'operator.disabled', 'operator.enabled', 'operator.password-changed', 'operator.password-reset',
  'operator.password-reset-issued', 'operator.recovery-code-used', 'operator.totp-enrolled', 'operator.totp-disabled', 'operator.totp-reset',
  'participant-key.registered', 'participant-key.revoked',
  'prize.fulfilment-set',
  'risk-entries.added', 'risk-entry.added', 'risk-entry.removed', 'velocity-rules.set',
  'session.opened', 'session.closed',
  'tenant.created', 'tenant.limit-set', 'tenant.policy-set', 'webhook-secret.rotated',
] as const

export const AUDIT_SUBJECTS = [
  'api-key', 'award', 'award-batch', 'campaign', 'change-request', 'feature', 'invitation', 'operator', 'participant-key', 'prize', 'risk-entry',
  'session', 'tenant',
] as const

export type AuditAction = (typeof AUDIT_ACTIONS)[number]
export type AuditSubject = (typeof AUDIT_SUBJECTS)[number]
