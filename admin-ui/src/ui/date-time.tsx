import { Stack, Text, Tooltip } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { dateTime, relative } from '../lib/format.js'
import { useZone } from './zone.js'

interface DateTimeProps {
  readonly value: string
  /** The campaign's own zone, where it has one: told in the tip beside the reader's. */
  readonly zone?: string
}

/** The tip is for those without a mouse too, and describes the time while it is there. */
const EVENTS = { hover: true, focus: true, touch: true } as const

/** A moment in the reader's zone, with the zone's name; how far away it is, and UTC, in the tip. */
export function DateTime({ value, zone: ownZone }: DateTimeProps) {
  const zone = useZone()
  const { i18n } = useTranslation()
  const shown = dateTime(value, zone, i18n.language)
  const others = [...new Set([ownZone, 'UTC'])].filter((other) => other !== undefined && other !== zone)
  const tip = (
    <Stack gap={2}>
      <Text size="xs" fw={600}>{relative(value, Date.now(), i18n.language)}</Text>
      {others.map((other) => <Text key={other} size="xs">{dateTime(value, other!, i18n.language)}</Text>)}
    </Stack>
  )
  return (
    <Tooltip label={tip} events={EVENTS}>
      <time dateTime={value} className="num" style={{ whiteSpace: 'nowrap' }} tabIndex={0}>{shown}</time>
    </Tooltip>
  )
}
