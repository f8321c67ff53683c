export const SLUG_CHARACTERS_MAX = 64

/** Of the n-th copy: `spring-copy`, `spring-copy-2`. */
export function slugOfCopy(slug: string, n: number): string {
  const end = n === 1 ? '-copy' : `-copy-${n}`
  return `${slug.slice(0, SLUG_CHARACTERS_MAX - end.length).replace(/-+$/, '')}${end}`
}
