import type { RiskList, RiskSubject } from '../../generated/graphql.js'

export const LISTS = ['BLOCK', 'ALLOW'] as const satisfies readonly RiskList[]
export const SUBJECTS = ['PARTICIPANT', 'DEVICE', 'IP'] as const satisfies readonly RiskSubject[]

/** Of all that was read about the lists. */
export const RISK_KEY = ['risk'] as const
