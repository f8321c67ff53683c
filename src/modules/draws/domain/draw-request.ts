import { isIP } from 'node:net'
import { badInput } from '../../../common/errors.js'
import { isSafeId } from '../../../common/ids.js'
import type { DrawRequest } from '../draws.types.js'

const DRAWS_PER_REQUEST_MAX = 10
const NAME_RULE = 'characters, none of them a control character or a brace'

// The zone of an address (fe80::1%eth0) has no bounds, and means something on one machine alone.
const withoutZone = (ip: string): string => ip.split('%', 1)[0]!

/** The request as it is kept. Throws BAD_USER_INPUT naming the first field that cannot be used. */
export function validateDrawRequest(request: DrawRequest): DrawRequest {
  if (!isSafeId(request.userId)) throw badInput('input.userId', `must be 1 to 128 ${NAME_RULE}`)
  if (!isSafeId(request.idempotencyKey, 64)) throw badInput('input.idempotencyKey', `must be 1 to 64 ${NAME_RULE}`)
  if (!Number.isInteger(request.count) || request.count < 1 || request.count > DRAWS_PER_REQUEST_MAX) {
    throw badInput('input.count', `must be 1 to ${DRAWS_PER_REQUEST_MAX}`)
  }
  if (request.deviceId !== null && !isSafeId(request.deviceId)) throw badInput('input.deviceId', `must be 1 to 128 ${NAME_RULE}`)
  if (request.ip !== null && isIP(request.ip) === 0) throw badInput('input.ip', 'must be an IPv4 or IPv6 address')
  return request.ip === null ? request : { ...request, ip: withoutZone(request.ip) }
}
