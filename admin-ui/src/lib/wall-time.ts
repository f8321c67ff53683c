const DAY_MS = 86_400_000
const WALL = /^(\d{4,6})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/

/** The clock of the zone at that moment, as if it were UTC's. */
function clockAt(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  }).formatToParts(ms)
  const of = (type: Intl.DateTimeFormatPartTypes) => Number(parts.find((part) => part.type === type)?.value)
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) + (((ms % 1_000) + 1_000) % 1_000)
}

/** A moment as `<input type="datetime-local">` has it, by the zone's clock: no finer than it needs to be. */
export function wallOf(iso: string, zone: string): string {
  const text = new Date(clockAt(new Date(iso).getTime(), zone)).toISOString().slice(0, 23)
  return text.replace(/(?::00)?\.000$/, '')
}

/**
 * The moment at which the zone's clock shows it; null where the text is no time. As the product has it: a time that the
 * clock leaves out in spring comes as much later, and of one that comes twice in autumn the first counts.
 */
export function isoOf(wall: string, zone: string): string | null {
  const parts = WALL.exec(wall)
  if (parts === null) return null
  const of = (group: number) => Number(parts[group] ?? 0)
  const wanted = Date.UTC(of(1), of(2) - 1, of(3), of(4), of(5), of(6), Number((parts[7] ?? '').padEnd(3, '0')))
  if (Number.isNaN(wanted)) return null
  const offsets = [wanted - DAY_MS, wanted + DAY_MS].map((near) => clockAt(near, zone) - near)
  const fits = offsets.map((offset) => wanted - offset).filter((ms) => clockAt(ms, zone) === wanted)
  return new Date(fits.length > 0 ? Math.min(...fits) : wanted - offsets[0]!).toISOString()
}

/** Every zone that the browser knows, UTC first. */
export const ZONES: readonly string[] = ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')]
