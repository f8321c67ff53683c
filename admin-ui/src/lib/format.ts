/** Parts of a billion: all of them, and those of one per cent, which are seven digits behind its point. */
export const WHOLE_PPB = 1_000_000_000
export const PPB_PER_PERCENT = WHOLE_PPB / 100
export const PERCENT_DIGITS = 7

/** Parts of a billion as per cent, exact: 500 000 → "0.05%". */
export const percentOfPpb = (ppb: number, locale: string): string =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: PERCENT_DIGITS }).format(ppb / WHOLE_PPB)

export const count = (value: number, locale: string): string => new Intl.NumberFormat(locale).format(value)

/** As short as a chart's axis wants it: "12K". */
export const compact = (value: number, locale: string): string =>
  new Intl.NumberFormat(locale, { notation: 'compact', maximumFractionDigits: 1 }).format(value)

/** With so many digits behind the point as a rate needs: "0.4", "12". */
export const rate = (value: number, locale: string): string =>
  new Intl.NumberFormat(locale, { maximumFractionDigits: value < 10 ? 1 : 0 }).format(value)

/** Of a part of one, as per cent. */
export const percent = (part: number, locale: string): string =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 1 }).format(part)

/** Minor units by the currency's own number of digits: 500 EUR → "€5.00", 500 JPY → "¥500". */
export function money(amountMinor: number, currency: string, locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency })
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

/** How many digits the minor units of a currency have: 2 of EUR, 0 of JPY; 2 for what is no currency yet. */
export function minorDigits(currency: string): number {
  if (!/^[A-Z]{3}$/.test(currency)) return 2
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
}

/** With its zone, always, and with its year where that is another than now's: "Nov 28, 04:43 UTC". */
export function dateTime(iso: string, zone: string, locale: string, nowMs = Date.now()): string {
  const parts = new Intl.DateTimeFormat(locale, {
    timeZone: zone, ...(iso.slice(0, 4) === new Date(nowMs).toISOString().slice(0, 4) ? {} : { year: 'numeric' }), month: 'short',
    day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short',
  }).formatToParts(new Date(iso))
  const isZone = ({ type }: Intl.DateTimeFormatPart) => type === 'timeZoneName'
  // Some languages put the zone between the day and the hour, where it is taken for either.
  const time = parts.filter((part) => !isZone(part)).map(({ value }) => value).join('').replaceAll(/\s+/g, ' ').trim()
  return `${time} ${parts.find(isZone)?.value ?? zone}`
}

/** To the second, without the day: "12:04:31". */
export const timeOfDay = (ms: number, zone: string, locale: string): string =>
  new Intl.DateTimeFormat(locale, { timeZone: zone, hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' }).format(ms)
/** As times are written beside it: "UTC", "GMT+8". At that moment: half the year it may be another. */
export const zoneName = (zone: string, locale: string, ms: number): string =>
  new Intl.DateTimeFormat(locale, { timeZone: zone, timeZoneName: 'short' }).formatToParts(ms).find(({ type }) => type === 'timeZoneName')?.value ?? zone

/** Of seconds: "14:03". */
export const clock = (seconds: number): string => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`

const STEPS: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1],
]

/** "in 3 days", "2 minutes ago". */
export function relative(iso: string, nowMs: number, locale: string): string {
  const seconds = (new Date(iso).getTime() - nowMs) / 1_000
  const [unit, size] = STEPS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', 1]
  return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(Math.trunc(seconds / size), unit)
}

/** Of a part and its whole, from 0 to 100; 0 of nothing. */
export const share = (part: number, whole: number): number => (whole <= 0 ? 0 : Math.min(100, Math.max(0, (part / whole) * 100)))

const UNITS = [['day', 86_400], ['hour', 3_600], ['minute', 60], ['second', 1]] as const

/** In the largest unit that it is a whole number of: 600 → "10 minutes", 90 → "90 seconds". */
export function duration(seconds: number, locale: string): string {
  const [unit, size] = UNITS.find(([, each]) => seconds % each === 0) ?? ['second', 1]
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }).format(seconds / size)
}
