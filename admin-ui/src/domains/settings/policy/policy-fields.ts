import type { ChangeKind, PolicyFragment, Role, TenantPolicyInput } from '../../../generated/graphql.js'
import { PPB_PER_PERCENT } from '../../../lib/format.js'
import { changedFields } from '../../../lib/three-way.js'

export const KINDS = ['PUBLISH', 'ODDS', 'STOCK', 'LIMITS', 'BUDGET', 'RISK_LISTS'] as const satisfies readonly ChangeKind[]
/** A looser policy needs no rule of its own. */
export type RuledKind = (typeof KINDS)[number]
export const PUBLISHERS = ['OWNER', 'MANAGER', 'REVIEWER'] as const satisfies readonly Role[]
export const HOURS_MAX = 720
export const ABOVE_MAX = 0x7fff_ffff

/** The policy field by field; of a kind: above what it needs a second operator, null: never. */
export type PolicyFields = Readonly<Record<RuledKind, number | null>> & {
  readonly totpRequired: boolean
  readonly publishers: readonly Role[]
  readonly approvalHours: number
}

/** As it is typed. */
export interface PolicyValues extends Record<string, unknown> {
  totpRequired: boolean
  publishers: Role[]
  approvalHours: number | string
  rules: Record<RuledKind, { on: boolean; above: number | string }>
}

const perKind = <T>(of: (kind: RuledKind) => T) => Object.fromEntries(KINDS.map((kind) => [kind, of(kind)])) as Record<RuledKind, T>

/** Odds are told in per cent, and kept in parts of a billion. */
export const shownAbove = (kind: RuledKind, above: number): number => (kind === 'ODDS' ? above / PPB_PER_PERCENT : above)
const keptAbove = (kind: RuledKind, shown: number): number => (kind === 'ODDS' ? Math.round(shown * PPB_PER_PERCENT) : shown)

export const fieldsOf = ({ totpRequired, publishers, approvalHours, approvals }: PolicyFragment): PolicyFields => ({
  totpRequired, approvalHours, publishers: PUBLISHERS.filter((role) => publishers.includes(role)),
  ...perKind((kind) => approvals.find((rule) => rule.kind === kind)?.above ?? null),
})

export const valuesOf = (fields: PolicyFields): PolicyValues => ({
  totpRequired: fields.totpRequired, publishers: [...fields.publishers], approvalHours: fields.approvalHours,
  rules: perKind((kind) => ({ on: fields[kind] !== null, above: shownAbove(kind, fields[kind] ?? 0) })),
})

export const typedFields = ({ totpRequired, publishers, approvalHours, rules }: PolicyValues): PolicyFields => ({
  totpRequired, approvalHours: Number(approvalHours), publishers: PUBLISHERS.filter((role) => publishers.includes(role)),
  ...perKind((kind) => (rules[kind].on ? keptAbove(kind, Number(rules[kind].above)) : null)),
})

/** What was changed, and no more. The rules are one list for the API. */
export function patchOf(base: PolicyFields, mine: PolicyFields): TenantPolicyInput {
  const { totpRequired, publishers, approvalHours, ...kinds } = changedFields(base, mine)
  const approvals = KINDS.flatMap((kind) => (mine[kind] === null ? [] : [{ kind, above: mine[kind] }]))
  return {
    ...(totpRequired === undefined ? {} : { totpRequired }),
    ...(publishers === undefined ? {} : { publishers: [...publishers] }),
    ...(approvalHours === undefined ? {} : { approvalHours }),
    ...(Object.keys(kinds).length === 0 ? {} : { approvals }),
  }
}
