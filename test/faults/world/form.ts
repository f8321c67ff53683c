/** `npm run test:faults` plays all of it, for longer; `npm test` a short form, chosen by the seed. */
export const isLong = process.env.FAULTS === 'long'
