const HASH_CHARACTERS = 12

/** As much of a hash as tells it from others at a look. */
export const shortHash = (hash: string): string => `${hash.slice(0, HASH_CHARACTERS)}…`
