/** Where to go after signing in: a path of ours, or home. Anything else would lead people from our page to another's. */
export const safeReturn = (given: unknown): string =>
  typeof given === 'string' && given.startsWith('/') && !/^\/[/\\]/.test(given) && ![...given].some((character) => character < ' ') && given.length <= 2_000 ? given : '/'
