const TEXT_CHARACTERS_MAX = 80

/**
 * Of a job's data what tells jobs apart, and no more: ids and numbers. Batches of events hold other tenants' draws and
 * participants, who are nobody's business at the desk.
 */
export function outlineOf(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return short(data)
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, Array.isArray(value) ? `${value.length} entries` : short(value)]))
}

function short(value: unknown): unknown {
  if (typeof value === 'object' && value !== null) return '…'
  return typeof value === 'string' && value.length > TEXT_CHARACTERS_MAX ? `${value.slice(0, TEXT_CHARACTERS_MAX)}…` : value
}
