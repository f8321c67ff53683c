import { ReplyError } from 'ioredis'
import { BrokenCircuitError } from '../../common/breaker.js'

/** What Redis answered, as opposed to what kept it from answering. */
export const isReplyError = (error: unknown): error is Error => error instanceof ReplyError

const BUSY = /^(?:LOADING|BUSY|MASTERDOWN|CLUSTERDOWN|READONLY|TRYAGAIN|OOM|MISCONF)\b/
const DRIVER = /^(?:Command timed out|Socket timeout|Connection is closed|Connection in subscriber mode|Stream isn't writeable|connect |read |write |Reached the max retries|None of startup nodes)/

/** Whether Redis could not be asked or did not answer in time. The command may have been carried out or not. */
export function isRedisUnavailable(error: unknown): boolean {
  if (isReplyError(error)) return BUSY.test(error.message)
  return error instanceof Error && DRIVER.test(error.message)
}

/** The same, or it was not even asked (RedisService.guarded). */
export const isRedisAway = (error: unknown): boolean => isRedisUnavailable(error) || error instanceof BrokenCircuitError
