import { useTranslation } from 'react-i18next'
import { Status, type Tone } from './badge.js'
import type { LiveState } from './use-live.js'

const TONE: Readonly<Record<LiveState, Tone>> = { live: 'good', connecting: 'idle', disconnected: 'bad', off: 'warn' }

/** Whether the figures beside it are of this moment. */
export function LiveBadge({ state }: { state: LiveState }) {
  const { t } = useTranslation()
  return <span role="status"><Status tone={TONE[state]} pulse={state === 'live'}>{t(`live.${state}`)}</Status></span>
}
