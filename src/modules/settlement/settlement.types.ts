import type { CampaignPlace } from '../../platform/redis/keys.js'

/** One bucket's stream of one epoch of a campaign: what is drained as one. */
export interface StreamRef {
  readonly tenantId: string
  readonly campaign: CampaignPlace
  readonly epoch: number
  readonly bucket: number
  /** Wins are settled without a commit of their own before. Not known: false. */
  readonly fast?: boolean
}

export const streamName = (stream: StreamRef): string => `${stream.campaign.id}:${stream.epoch}:${stream.bucket}`

/** A published campaign, as recovery, the sweep and the audit find it without knowing its tenant beforehand. */
export interface PublishedCampaign {
  readonly tenantId: string
  readonly place: CampaignPlace
  readonly status: string
  readonly epoch: number
}

/** As Postgres knows it: what its gates may say at most. */
export interface KnownCampaign extends PublishedCampaign {
  readonly version: number
  readonly riskVersion: number
  /** The number under which Redis' state was last verified, or is being verified. */
  readonly redisRun: number
}

/**
 * How a turn at a stream ended. EMPTY: nothing is left. MORE: the turn is over before the stream was. BUSY: another
 * worker drains it. FENCED: the campaign has another epoch, or this run of Redis is not the verified one. GAP: entries are
 * missing, and nothing behind them is settled. BEHIND: Redis knows less than Postgres; nothing is settled or trimmed.
 */
export type DrainEnd = 'EMPTY' | 'MORE' | 'BUSY' | 'FENCED' | 'GAP' | 'BEHIND'
