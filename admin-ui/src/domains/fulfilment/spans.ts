/** Seconds of each unit that a time to claim is said in. */
export const UNIT_SECONDS = { minutes: 60, hours: 3_600, days: 86_400 } as const
export type SpanUnit = keyof typeof UNIT_SECONDS
export const SPAN_UNITS = ['minutes', 'hours', 'days'] as const satisfies readonly SpanUnit[]

/** The largest unit that says it in whole numbers. */
export const unitOf = (seconds: number): SpanUnit => SPAN_UNITS.toReversed().find((unit) => seconds % UNIT_SECONDS[unit] === 0) ?? 'minutes'
