import type { OddsTableInput, RuledCampaignFragment, RuledPrizeFragment, UpdatePrizeInput } from '../../generated/graphql.js'

/** What was read, without the names of its types, which the API does not take back. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== '__typename').map(([name, field]) => [name, plain(field)]))
}

export function prizeInput({ position: _position, ...prize }: RuledPrizeFragment): UpdatePrizeInput {
  return plain(prize) as UpdatePrizeInput
}

export const tableInput = ({ name, audience, entries }: RuledCampaignFragment['oddsTables'][number]): OddsTableInput => ({
  name, audience: plain(audience) as OddsTableInput['audience'], entries: entries.map(({ prize, probabilityPpb }) => ({ prize: prize.id, probabilityPpb })),
})

/** A campaign as it is compared: no names of types, and the entries of an odds table by their prizes' names. */
export function comparable(campaign: Partial<RuledCampaignFragment>): Record<string, unknown> {
  const { oddsTables, ...rest } = campaign
  const fields = plain(rest) as Record<string, unknown>
  if (oddsTables === undefined) return fields
  const tables = oddsTables.map(({ name, audience, entries }) => ({
    id: name, name, audience: plain(audience),
    odds: Object.fromEntries(entries.map(({ prize, probabilityPpb }) => [prize.name, probabilityPpb])),
  }))
  return { ...fields, oddsTables: tables }
}
