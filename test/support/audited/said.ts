import { expect } from '@jest/globals'

/** What the log says of a change. What is not named here may be anything. */
export interface Said {
  action: string
  subject_kind?: string
  subject_id?: string
  campaign_id?: string | null
  before?: unknown
  after?: unknown
  reason?: string | null
}
/** As far as it is looked at. */
export interface Answered {
  id?: string
  __typename?: string
  key?: { id: string }
  secret?: string
  token?: string
  invitation?: { id: string }
  link?: { token: string }
  recoveryCodes?: string[]
}

/** A change, and what the log must say of it. token: left out, the owner's; null: nobody's. */
export type Case = () => Promise<{ document: string; variables?: Record<string, unknown>; said: Said[]; token?: string | null }>

export const has = (fields: Record<string, unknown>) => expect.objectContaining(fields) as unknown
