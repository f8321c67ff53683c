/** The won draws of a stream entry, as its fields stand in Redis: id and prize position of each. Empty for anything but a draw. */
export function winsOf(fields: readonly string[]): Array<[drawId: string, position: number]> {
  const entry = new Map(Array.from({ length: Math.floor(fields.length / 2) }, (_, i) => [fields[2 * i]!, fields[2 * i + 1]!]))
  if (entry.get('y') !== 'D') return []
  const outcomes = (entry.get('o') ?? '').split(',')
  return (entry.get('i') ?? '').split(',').flatMap((drawId, i): Array<[string, number]> => {
    const position = Number.parseInt((outcomes[i] ?? '0').replace(/^[fg]/, ''), 10)
    return position > 0 && /^\d+$/.test(drawId) ? [[drawId, position]] : []
  })
}
