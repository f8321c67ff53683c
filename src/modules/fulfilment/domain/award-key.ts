import { decodeAwardId } from '../../../common/draw-id.js'

/** The decimal key of a public award id; null for what is none. The award that is found must bear the very id: it also says campaign and bucket. */
export const keyOfAward = (id: string): string | null => decodeAwardId(id)?.snowflake.toString() ?? null
