const DATE = '$date'

/** Plain JSON that `thaw` makes the same value of again, dates included. */
export function freeze(value: object): object {
  const text = JSON.stringify(value, function (this: Record<string, unknown>, key, item: unknown) {
    const given = this[key]
    return given instanceof Date ? { [DATE]: given.toISOString() } : item
  })
  return JSON.parse(text) as object
}

export function thaw<T>(value: unknown): T {
  return JSON.parse(JSON.stringify(value), (_key, item: unknown) => {
    const date = typeof item === 'object' && item !== null && Object.keys(item).length === 1 ? (item as Record<string, unknown>)[DATE] : undefined
    return typeof date === 'string' ? new Date(date) : item
  }) as T
}
