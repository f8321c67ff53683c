import type { TenantLimits, TenantPolicyView } from '../../tenancy/tenancy.types.js'

/** Whether a limit lets more through than before; null: none of its own. */
export const isLooser = (before: number | null, after: number | null): boolean => (after ?? Infinity) > (before ?? Infinity)

/** How many of a tenant's limits let more through; null is the installation's default. */
export function loosenedLimits(before: TenantLimits, after: TenantLimits): number {
  const [was, is] = [inForce(before), inForce(after)]
  return is.filter((limit, n) => isLooser(was[n]!, limit)).length
}

const inForce = (limits: TenantLimits): number[] => [
  limits.drawsPerSecondMax,
  limits.deviceIpDrawsPerSecondMax ?? limits.deviceIpDrawsPerSecondDefault,
  limits.participantDrawsPerSecondMax ?? limits.participantDrawsPerSecondDefault,
  // Nobody's servers are held to it by default.
  limits.serverParticipantDrawsPerSecondMax ?? Infinity,
]

/**
 * Whether a policy asks for less: what needed a second operator needs none, or only when larger; a role may publish that
 * might not; the second factor is asked for no more. How long a change waits is neither.
 */
export function isLooserPolicy(before: TenantPolicyView, after: TenantPolicyView): boolean {
  const above = new Map(after.approvals.map((rule) => [rule.kind, rule.above]))
  const rules = before.approvals.some((rule) => isLooser(rule.above, above.get(rule.kind) ?? null))
  return rules || after.publishers.some((role) => !before.publishers.includes(role)) || (before.totpRequired && !after.totpRequired)
}
