import { Collapse, Table, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { count, timeOfDay, zoneName } from '../../lib/format.js'
import { Section } from '../../ui/page.js'
import { useZone } from '../../ui/zone.js'
import classes from './live.module.css'
import type { LivePoint } from './series.js'

const SHOWN_MAX = 60
const KINDS = ['won', 'lost', 'pending', 'repeated', 'refused'] as const

/** The charts' figures as a table, the newest first: for screen readers, and for whoever wants them exact. */
export function SecondTable({ points }: { points: readonly LivePoint[] }) {
  const { t } = useTranslation('live')
  const [opened, { toggle }] = useDisclosure(false)
  const Arrow = opened ? IconChevronUp : IconChevronDown
  return (
    <Section flush>
      <UnstyledButton className={classes.disclose} aria-expanded={opened} onClick={toggle}>{t('table.title')}<Arrow size={16} aria-hidden /></UnstyledButton>
      <Collapse expanded={opened} transitionDuration={0}>{opened && <Rows points={points} />}</Collapse>
    </Section>
  )
}

function Rows({ points }: { points: readonly LivePoint[] }) {
  const { t, i18n } = useTranslation('live')
  const zone = useZone()
  const number = (value: number | null) => (value === null ? '–' : count(value, i18n.language))
  return (
    <div className={classes.scroll} role="region" aria-label={t('table.title')} tabIndex={0}>
      <Table className={classes.numbers} verticalSpacing={5} aria-label={t('table.title')}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('table.time', { zone: zoneName(zone, i18n.language, (points.at(-1)?.second ?? 0) * 1_000) })}</Table.Th>
            {KINDS.map((kind) => <Table.Th key={kind}>{t(`kind.${kind}`)}</Table.Th>)}
            <Table.Th>{t('chart.waiting')}</Table.Th>
            <Table.Th>{t('table.lag')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {points.slice(-SHOWN_MAX).toReversed().map((point) => (
            <Table.Tr key={point.second}>
              <Table.Td>{timeOfDay(point.second * 1_000, zone, i18n.language)}</Table.Td>
              {KINDS.map((kind) => <Table.Td key={kind}>{number(point[kind])}</Table.Td>)}
              <Table.Td>{number(point.unsettled)}</Table.Td>
              <Table.Td>{number(point.oldestUnsettledMs)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  )
}
