import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { Calendars, localDays } from '../../../src/modules/draws/domain/calendar.js'
import { seed } from '../../support/seed.js'

const hourMs = 3_600_000
const at = (iso: string) => Date.parse(iso)
const dayOf = (date: string) => Date.parse(`${date}T00:00:00Z`) / 86_400_000

describe('localDays', () => {
  it.each([
    // zone, now, local date, first instant, hours of that day, hours of the next
    ['UTC', '2026-03-01T00:00:00Z', '2026-03-01', '2026-03-01T00:00:00Z', 24, 24],
    ['UTC', '2026-02-28T23:59:59.999Z', '2026-02-28', '2026-02-28T00:00:00Z', 24, 24],
    ['UTC', '2028-02-29T12:00:00Z', '2028-02-29', '2028-02-29T00:00:00Z', 24, 24],
    ['Europe/Berlin', '2026-03-29T00:30:00Z', '2026-03-29', '2026-03-28T23:00:00Z', 23, 24],
    ['Europe/Berlin', '2026-03-29T21:59:59.999Z', '2026-03-29', '2026-03-28T23:00:00Z', 23, 24],
    ['Europe/Berlin', '2026-03-29T22:00:00Z', '2026-03-30', '2026-03-29T22:00:00Z', 24, 24],
    ['Europe/Berlin', '2026-03-28T22:59:59.999Z', '2026-03-28', '2026-03-27T23:00:00Z', 24, 23],
    ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25', '2026-10-24T22:00:00Z', 25, 24],
    ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25', '2026-10-24T22:00:00Z', 25, 24],
    ['Europe/Berlin', '2026-10-25T22:59:59.999Z', '2026-10-25', '2026-10-24T22:00:00Z', 25, 24],
    ['Asia/Kathmandu', '2026-07-01T18:14:59.999Z', '2026-07-01', '2026-06-30T18:15:00Z', 24, 24],
    ['Asia/Kathmandu', '2026-07-01T18:15:00Z', '2026-07-02', '2026-07-01T18:15:00Z', 24, 24],
    ['Asia/Shanghai', '2026-01-01T16:00:00Z', '2026-01-02', '2026-01-01T16:00:00Z', 24, 24],
    ['Pacific/Kiritimati', '2026-01-01T10:00:00Z', '2026-01-02', '2026-01-01T10:00:00Z', 24, 24],
    ['Pacific/Pago_Pago', '2026-01-01T10:59:59Z', '2025-12-31', '2025-12-31T11:00:00Z', 24, 24],
    // Midnight did not exist: the day began at one o'clock.
    ['America/Sao_Paulo', '2018-11-04T03:00:00Z', '2018-11-04', '2018-11-04T03:00:00Z', 23, 24],
    ['America/Sao_Paulo', '2018-11-04T02:59:59.999Z', '2018-11-03', '2018-11-03T03:00:00Z', 24, 23],
    // At midnight it was 23 o'clock again.
    ['America/Sao_Paulo', '2018-02-18T01:30:00Z', '2018-02-17', '2018-02-17T02:00:00Z', 25, 24],
    ['America/Sao_Paulo', '2018-02-18T02:30:00Z', '2018-02-17', '2018-02-17T02:00:00Z', 25, 24],
    ['America/Sao_Paulo', '2018-02-18T03:00:00Z', '2018-02-18', '2018-02-18T03:00:00Z', 24, 24],
    // Midnight came twice: the day begins with the first.
    ['America/Havana', '2026-11-01T04:30:00Z', '2026-11-01', '2026-11-01T04:00:00Z', 25, 24],
    ['America/Havana', '2026-11-01T05:30:00Z', '2026-11-01', '2026-11-01T04:00:00Z', 25, 24],
    // Half an hour of daylight saving.
    ['Australia/Lord_Howe', '2026-10-04T00:00:00Z', '2026-10-04', '2026-10-03T13:30:00Z', 23.5, 24],
  ])('%s at %s is %s', (zone, now, date, start, hours, nextHours) => {
    const days = localDays(zone, at(now))
    expect(days).toEqual({
      day: dayOf(date), startMs: at(start), nextMs: at(start) + hours * hourMs, afterNextMs: at(start) + (hours + nextHours) * hourMs,
    })
  })

  it('counts years before 1970 and far ahead as days too', () => {
    expect(localDays('UTC', -1).day).toBe(-1)
    expect(localDays('Asia/Kathmandu', at('2199-12-31T23:00:00Z')).day).toBe(dayOf('2200-01-01'))
  })

  it('cuts time into days without gap or overlap', () => {
    const zones = ['UTC', 'Europe/Berlin', 'America/Sao_Paulo', 'Asia/Kathmandu', 'America/Havana', 'Africa/Cairo', 'America/St_Johns', 'Asia/Beirut', 'Australia/Lord_Howe', 'America/Asuncion', 'America/Santiago', 'Asia/Amman']
    const instant = fc.integer({ min: at('2016-01-01T00:00:00Z'), max: at('2036-01-01T00:00:00Z') })
    fc.assert(fc.property(fc.constantFrom(...zones), instant, (zone, now) => {
      const days = localDays(zone, now)
      expect(days.startMs <= now && now < days.nextMs && days.nextMs < days.afterNextMs).toBe(true)
      expect(localDays(zone, days.startMs)).toEqual(days)
      expect(localDays(zone, days.nextMs - 1)).toEqual(days)
      expect(localDays(zone, days.startMs - 1).day).toBe(days.day - 1)
      expect(localDays(zone, days.nextMs)).toMatchObject({ day: days.day + 1, startMs: days.nextMs, nextMs: days.afterNextMs })
    }), { seed: seed('calendar').value, numRuns: 2_000 })
  })
})

describe('Calendars', () => {
  it('gives what localDays gives, forwards and backwards over a midnight', () => {
    const calendars = new Calendars()
    const midnight = at('2026-10-24T22:00:00Z')
    for (const now of [midnight - 1, midnight, midnight + hourMs, midnight - 5, midnight + 25 * hourMs, midnight]) {
      expect(calendars.at('Europe/Berlin', now)).toEqual(localDays('Europe/Berlin', now))
      expect(calendars.at('Asia/Tokyo', now)).toEqual(localDays('Asia/Tokyo', now))
    }
  })
})
