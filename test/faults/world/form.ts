import { describe } from '@jest/globals'

/** `npm run test:faults` plays all of it, for longer; `npm test` a short form, chosen by the seed. */
export const isLong = process.env.FAULTS === 'long'

/** What takes too long for every day. */
export const inLongForm = isLong ? describe : describe.skip
