import type { RiskList } from '../../generated/graphql.js'

export const LISTS = ['BLOCK', 'ALLOW'] as const satisfies readonly RiskList[]

/** Of all that was read about the lists. */
export const RISK_KEY = ['risk'] as const
