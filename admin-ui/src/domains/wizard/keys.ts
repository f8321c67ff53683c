import type { Values } from './values.js'

/** The ids that prizes have got by being saved, by their keys on this screen. `ids`: all of the campaign's, new ones last, in the order in which they were sent. */
export function newIds(sent: Values, ids: readonly string[]): ReadonlyMap<string, string> {
  const known = new Set(sent.prizes.map(({ id }) => id))
  const fresh = ids.filter((id) => !known.has(id))
  const added = sent.prizes.filter(({ id }) => id === null)
  return new Map(added.flatMap(({ key }, n) => (fresh[n] === undefined ? [] : [[key, fresh[n]]])))
}

export const withIds = (values: Values, ids: ReadonlyMap<string, string>): Values =>
  ({ ...values, prizes: values.prizes.map((prize) => ({ ...prize, id: ids.get(prize.key) ?? prize.id })) })
