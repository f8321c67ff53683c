import { badInput } from '../../../common/errors.js'

/** Draws a second, as one may set them. Throws BAD_USER_INPUT naming `field`. */
export function checkedDrawRate(perSecond: number | null, max: number, field = 'drawsPerSecondMax'): number {
  if (perSecond === null || !Number.isInteger(perSecond) || perSecond < 1 || perSecond > max) throw badInput(field, `must be an integer from 1 to ${max}`, 'RANGE', { min: 1, max })
  return perSecond
}

/** As `checkedDrawRate`; null stands for no limit of one's own. */
export const checkedDrawRateOrNull = (perSecond: number | null, max: number, field?: string): number | null =>
  (perSecond === null ? null : checkedDrawRate(perSecond, max, field))
