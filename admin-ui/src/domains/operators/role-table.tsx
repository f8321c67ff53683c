import { Table, Text, VisuallyHidden } from '@mantine/core'
import { IconCheck } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import type { Permission } from '../../generated/graphql.js'
import { Section } from '../../ui/page.js'
import { ABILITIES } from './abilities.js'
import classes from './operators.module.css'
import { ROLES } from './queries.js'

const NAMES = Object.keys(ABILITIES) as Permission[]

/** What each role may do, so that nobody is given more than he needs. */
export function RoleTable() {
  const { t } = useTranslation(['operators', 'common'])
  return (
    <Section title={t('operators:abilities')} flush>
      <Table.ScrollContainer minWidth={560}>
        <Table aria-label={t('operators:abilities')} className={classes.roles} verticalSpacing={7}>
          <Table.Thead>
            <Table.Tr>
              <Table.Td />
              {ROLES.map((role) => <Table.Th key={role} scope="col">{t(`common:role.${role}`)}</Table.Th>)}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {NAMES.map((name) => (
              <Table.Tr key={name}>
                <Table.Th scope="row">{t(`operators:may.${name}`)}</Table.Th>
                {ROLES.map((role) => <Table.Td key={role}><Allowed yes={ABILITIES[name].some((allowed) => allowed === role)} /></Table.Td>)}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  )
}

function Allowed({ yes }: { yes: boolean }) {
  const { t } = useTranslation('operators')
  return (
    <>
      {yes ? <IconCheck size={16} className={classes.yes} aria-hidden /> : <Text span c="dimmed" aria-hidden>–</Text>}
      <VisuallyHidden>{t(yes ? 'yes' : 'no')}</VisuallyHidden>
    </>
  )
}
