import type { Params, Reason } from '../../../common/reasons.js'
import type { FieldProblem } from './report.js'
import { effectiveStatus, type StatusTimes } from './status.js'
import { BUCKET_COUNTS } from './validate.js'

/** Why a campaign cannot be given so many buckets; empty where it can. */
export function growthProblems(
  campaign: StatusTimes,
  { epoch, bucketCount, bucketCountWanted }: { epoch: number; bucketCount: number; bucketCountWanted: number | null },
  wanted: number, nowMs: number,
): FieldProblem[] {
  const problem = (path: string, message: string, code: Reason, params: Params = {}): FieldProblem[] => [{ path, message, code, params }]
  const status = effectiveStatus(campaign, nowMs)
  if (epoch === 0) return problem('bucketCount', 'is changed by updateCampaign until the campaign is published', 'NOT_PUBLISHED')
  if (status === 'ENDED' || status === 'ARCHIVED') return problem('status', 'the campaign has ended; nothing of it changes any more', 'ENDED')
  if (status === 'RECOVERING') return problem('status', 'the campaign is being recovered; try again in a moment', 'RECOVERING')
  if (!BUCKET_COUNTS.includes(wanted)) return problem('bucketCount', 'must be a power of two from 1 to 64', 'POWER_OF_TWO', { max: 64 })
  // Not to take a wish back that recovery may be about to fulfil.
  const least = Math.max(bucketCount, bucketCountWanted ?? 0)
  return wanted > least ? [] : problem('bucketCount', `must be more than ${least}: buckets are added, never removed`, 'BUCKETS_MORE', { least })
}
