import { GraphQLScalarType, Kind } from 'graphql'

const ISO_8601 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/

/** RFC 3339 with an offset, a day that the calendar has, and no leap second. */
function parse(value: unknown): Date {
  const match = typeof value === 'string' && value.length <= 40 ? ISO_8601.exec(value) : null
  if (match !== null) {
    const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [number, number, number, number, number, number]
    const daysInMonth = new Date(Date.UTC(year, month, 0)).getUTCDate()
    const date = new Date(value as string)
    const isDay = year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth
    if (isDay && hour < 24 && minute < 60 && second < 60 && !Number.isNaN(date.getTime())) return date
  }
  throw new TypeError('A DateTime must be ISO 8601 with a time and an offset, as 2026-11-11T00:00:00Z')
}

export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'ISO 8601 with an offset, as 2026-11-11T00:00:00.000Z. Answers are in UTC with milliseconds.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time',
  serialize: (value) => {
    if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
    throw new TypeError('A resolver answered something that is not a Date as a DateTime')
  },
  parseValue: parse,
  parseLiteral: (node) => {
    if (node.kind !== Kind.STRING) throw new TypeError('A DateTime must be a string')
    return parse(node.value)
  },
})
