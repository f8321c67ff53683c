import { AppError, badInput } from '../../common/errors.js'
import { isSafeId } from '../../common/ids.js'
import { isName } from '../campaigns/domain/validate.js'

const REASON_CHARACTERS_MAX = 500

/** Throws BAD_USER_INPUT. */
export function checkKeyAndReason({ reason, idempotencyKey }: { reason: string; idempotencyKey: string }): void {
  if (!isName(reason, REASON_CHARACTERS_MAX)) throw badInput('reason', `must have 1 to ${REASON_CHARACTERS_MAX} characters and no control characters`, 'NAME', { max: REASON_CHARACTERS_MAX })
  if (!isSafeId(idempotencyKey, 64)) throw badInput('idempotencyKey', 'must have 1 to 64 characters, none of control and no braces')
}

export const noSuchPrize = () => new AppError('NOT_FOUND', 'No such prize')
export const recovering = () => new AppError('OVERLOADED', 'The campaign is being recovered; try again in a moment', { retryAfterMs: 1_000 })
