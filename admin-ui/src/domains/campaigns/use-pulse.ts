import { useLive } from '../../ui/use-live.js'
import { pulseQuery } from './queries.js'

/** The campaign's stock and budget of this moment. They lie in Postgres and in many buckets: asked for now and then, where draws are told. */
export const usePulse = (id: string, everyMs: number, enabled = true) => useLive({ ...pulseQuery(id), enabled }, everyMs)
