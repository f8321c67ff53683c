import { useEffect, useState } from 'react'
import { useLive } from '../../ui/use-live.js'
import { pulseQuery } from './queries.js'
import { sum, unitsWon, winsPerSecond, type Reading } from './stock.js'

const READINGS_MAX = 15

/** The campaign's stock and budget of this moment, and the wins a second over the last few readings. */
export function usePulse(id: string, everyMs: number, enabled = true) {
  const pulse = useLive({ ...pulseQuery(id), enabled }, everyMs)
  const [readings, setReadings] = useState<readonly Reading[]>([])
  const { data, updatedAt } = pulse
  useEffect(() => {
    if (data === undefined) return
    const reading = { atMs: updatedAt, won: sum(data.inventory, unitsWon) }
    setReadings((before) => (before.at(-1)?.atMs === updatedAt ? before : [...before, reading].slice(-READINGS_MAX)))
  }, [data, updatedAt])
  return { ...pulse, winsPerSecond: winsPerSecond(readings) }
}
