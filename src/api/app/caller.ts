import type { Context } from '../../common/context.js'
import { AppError, badInput } from '../../common/errors.js'

const PAGE_MAX = 100

/** The participant that is meant: the named one, or a device's own. Throws FORBIDDEN for a device that names another. */
export function participantOf(ctx: Context, named: string | null | undefined, field: string): string {
  const userId = participantIfAny(ctx, named, field)
  if (userId === null) throw badInput(field, 'is needed with a server key')
  return userId
}

/** As `participantOf`; null where a tenant's server means everybody. */
export function participantIfAny({ caller }: Context, named: string | null | undefined, field: string): string | null {
  if (caller.kind !== 'participant') return named ?? null
  if (named != null && named !== caller.userId) throw new AppError('FORBIDDEN', `${field}: a device may name its own participant alone`, { field })
  return caller.userId
}

/** Throws BAD_USER_INPUT unless a page of this many can be had. */
export function pageSize(first: number | null | undefined, otherwise: number): number {
  const size = first ?? otherwise
  if (size < 1 || size > PAGE_MAX) throw badInput('first', `must be 1 to ${PAGE_MAX}`)
  return size
}
