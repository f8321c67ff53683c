import { apiKeysNav } from '../domains/api-keys/nav.js'
import { approvalsNav } from '../domains/approvals/nav.js'
import { auditNav } from '../domains/audit/nav.js'
import { awardsNav } from '../domains/awards/nav.js'
import { campaignsNav } from '../domains/campaigns/nav.js'
import { homeNav } from '../domains/home/nav.js'
import { participantsNav } from '../domains/participants/nav.js'
import { reconciliationNav } from '../domains/reconciliation/nav.js'
import { operatorsNav } from '../domains/operators/nav.js'
import { queuesNav } from '../domains/queues/nav.js'
import { riskNav } from '../domains/risk/nav.js'
import { settingsNav } from '../domains/settings/nav.js'

/** The left side, from top to bottom: groups of screens by what they are for. */
export const NAVIGATION = [
  { group: 'run', items: [homeNav, campaignsNav, awardsNav, participantsNav, reconciliationNav] },
  { group: 'protect', items: [riskNav, approvalsNav, auditNav] },
  { group: 'build', items: [apiKeysNav] },
  { group: 'organise', items: [operatorsNav, settingsNav, queuesNav] },
] as const
