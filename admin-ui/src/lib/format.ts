const PPB = 1_000_000_000

/** Parts of a billion as per cent, exact: 500 000 → "0.05%". */
export const percentOfPpb = (ppb: number, locale: string): string =>
  new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 7 }).format(ppb / PPB)

export const count = (value: number, locale: string): string => new Intl.NumberFormat(locale).format(value)

/** Minor units by the currency's own number of digits: 500 EUR → "€5.00", 500 JPY → "¥500". */
export function money(amountMinor: number, currency: string, locale: string): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency })
  return format.format(amountMinor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2))
}

/** With its zone, always, and with its year where that is another than now's: "Nov 28, 04:43 UTC". */
export function dateTime(iso: string, zone: string, locale: string, nowMs = Date.now()): string {
  const parts = new Intl.DateTimeFormat(locale, {
    timeZone: zone, ...(iso.slice(0, 4) === new Date(nowMs).toISOString().slice(0, 4) ? {} : { year: 'numeric' }), month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZoneName: 'short',
  }).formatToParts(new Date(iso))
  const isZone = ({ type }: Intl.DateTimeFormatPart) => type === 'timeZoneName'
  // Some languages put the zone between the day and the hour, where it is taken for either.
  const time = parts.filter((part) => !isZone(part)).map(({ value }) => value).join('').replaceAll(/\s+/g, ' ').trim()
  return `${time} ${parts.find(isZone)?.value ?? zone}`
}

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
