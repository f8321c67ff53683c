import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import type { CampaignDetailFragment } from '../../generated/graphql.js'
import { campaignKey } from '../campaigns/queries.js'
import { hasMoved, type Standing } from './series.js'

/** Reads the campaign anew, for all that shows it, once its draws tell that it is another than was read. */
export function useMovedCampaign({ id, status, version }: Pick<CampaignDetailFragment, 'id' | 'status' | 'version'>, told: Standing | null): void {
  const client = useQueryClient()
  const moved = told !== null && hasMoved({ status, version }, told)
  const mark = told === null ? '' : `${told.status} ${told.version}`
  useEffect(() => {
    if (moved) void client.invalidateQueries({ queryKey: campaignKey(id) })
  }, [client, id, moved, mark])
}
