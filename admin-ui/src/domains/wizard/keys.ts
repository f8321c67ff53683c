import type { Values } from './values.js'

/** The server's values under the keys that the prizes have on this screen: by id, and new ones in the order in which they were sent. */
export function withKeysOf(fresh: Values, sent: Values): Values {
  const known = new Map(sent.prizes.flatMap(({ id, key }) => (id === null ? [] : [[id, key]])))
  const added = sent.prizes.filter(({ id }) => id === null).map(({ key }) => key)
  const keys = new Map(fresh.prizes.map(({ key }) => [key, known.get(key) ?? added.shift() ?? key]))
  return {
    ...fresh,
    prizes: fresh.prizes.map((prize) => ({ ...prize, key: keys.get(prize.key) ?? prize.key })),
    oddsTables: fresh.oddsTables.map((table) =>
      ({ ...table, odds: Object.fromEntries(Object.entries(table.odds).map(([key, ppb]) => [keys.get(key) ?? key, ppb])) })),
  }
}

/** What is typed, with the ids that the prizes have got by being saved. */
export const withIdsOf = (typed: Values, saved: Values): Values =>
  ({ ...typed, prizes: typed.prizes.map((prize) => ({ ...prize, id: saved.prizes.find(({ key }) => key === prize.key)?.id ?? prize.id })) })
