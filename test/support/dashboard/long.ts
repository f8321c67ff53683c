import { it } from '@jest/globals'

export const isLong = process.env.DASHBOARD === 'long'

/** A story beside the main one of its area: told by `npm run test:dashboard`, as all of them take longer than the plain run has. */
export const itInLong = isLong ? it : it.skip
