/** A name that its owner knows and others do not: the first and the last character, three stars whatever the length. */
export function maskUserId(userId: string): string {
  const characters = [...userId]
  return characters.length < 4 ? `${characters[0] ?? ''}***` : `${characters[0]}***${characters.at(-1)}`
}
