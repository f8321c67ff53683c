import { it } from '@jest/globals'

/** A story beside the main one of its area: told by `npm run test:dashboard`, as all of them take longer than the plain run has. */
export const itInLong = process.env.DASHBOARD === 'long' ? it : it.skip
