import { createContext, useContext } from 'react'
import type { Draft } from './use-draft.js'

export const DraftContext = createContext<Draft | null>(null)

/** The campaign whose step this is. */
export function useCampaignDraft(): Draft {
  const draft = useContext(DraftContext)
  if (draft === null) throw new Error('There is no campaign being edited around this')
  return draft
}
