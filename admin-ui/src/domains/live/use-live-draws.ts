import { useDocumentVisibility } from '@mantine/hooks'
import { useEffect, useReducer, useState } from 'react'
import { type ApiError, isApiError } from '../../api/errors.js'
import { watch } from '../../api/socket.js'
import { WatchDrawsDocument } from '../../generated/graphql.js'
import { setExpired, useExpired } from '../../session/expired.js'
import type { LiveState } from '../../ui/use-live.js'
import { type LivePoint, merged, type Standing, type Told } from './series.js'

/** Something is told each second; a server that cannot read is silent, with the connection as good as ever. */
const SILENT_MS = 6_000
const AGAIN_MS = 5_000

interface Watched {
  readonly key: string
  readonly points: readonly LivePoint[]
  readonly state: LiveState
  readonly error: ApiError | null
  /** The campaign as the server has it at this moment; null until that is told. */
  readonly campaign: Standing | null
  /** A second is missing: counted, so that each is asked for once. */
  readonly gaps: number
}

type Happened =
  | { readonly kind: 'asked'; readonly key: string }
  | { readonly kind: 'told'; readonly told: Told; readonly seconds: number }
  | { readonly kind: 'lost' }
  | { readonly kind: 'failed'; readonly error: ApiError }

const NOTHING: Watched = { key: '', points: [], state: 'connecting', error: null, campaign: null, gaps: 0 }

function happened(before: Watched, event: Happened): Watched {
  switch (event.kind) {
    // The same campaign's points stay to be seen until the newer ones are there.
    case 'asked': return event.key === before.key ? { ...before, state: before.state === 'live' ? 'connecting' : before.state } : { ...NOTHING, key: event.key }
    case 'lost': return { ...before, state: 'disconnected' }
    case 'failed': return { ...before, state: 'disconnected', error: event.error }
    case 'told': {
      const points = merged(before.points, event.told, event.seconds)
      const { status, version } = event.told
      const campaign = before.campaign?.status === status && before.campaign.version === version ? before.campaign : { status, version }
      return points === null ? { ...before, campaign, gaps: before.gaps + 1 } : { ...before, campaign, points, state: event.told.off == null ? 'live' : 'off', error: null }
    }
  }
}

/**
 * What becomes of a campaign's draws: the last `seconds`, a point each, kept up to date while the page can be seen. After an interruption
 * the whole is told again, and each second is there once.
 */
export function useLiveDraws(campaignId: string, seconds: number, enabled = true): Pick<Watched, 'points' | 'state' | 'error' | 'campaign'> {
  const [watched, dispatch] = useReducer(happened, NOTHING)
  const [attempt, setAttempt] = useState(0)
  const expired = useExpired()
  const seen = useDocumentVisibility() === 'visible'
  const asks = enabled && seen && !expired
  useEffect(() => {
    if (!asks) return
    dispatch({ kind: 'asked', key: `${campaignId} ${seconds}` })
    let timer: ReturnType<typeof setTimeout> | undefined
    const end = watch(WatchDrawsDocument, { campaignId, seconds }, {
      next: ({ liveDraws }) => {
        clearTimeout(timer)
        timer = setTimeout(() => { dispatch({ kind: 'lost' }) }, SILENT_MS)
        dispatch({ kind: 'told', told: liveDraws, seconds })
      },
      lost: () => { dispatch({ kind: 'lost' }) },
      failed: (error) => {
        clearTimeout(timer)
        dispatch({ kind: 'failed', error })
        if (error.code === 'UNAUTHENTICATED') setExpired(true)
        else if (isApiError(error, 'NETWORK', 'OVERLOADED', 'RATE_LIMITED', 'INTERNAL')) timer = setTimeout(() => { setAttempt((count) => count + 1) }, AGAIN_MS)
      },
    })
    return () => {
      clearTimeout(timer)
      end()
    }
  }, [asks, campaignId, seconds, attempt, watched.gaps])
  return watched
}
