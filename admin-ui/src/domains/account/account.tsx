import { Alert, Button, Group } from '@mantine/core'
import { IconLogout, IconShieldLock } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useEnrolmentOwed } from '../../session/enrolment-owed.js'
import { useMe } from '../../session/session.js'
import { useLeave } from '../../session/use-leave.js'
import { Facts, Page, Section } from '../../ui/page.js'
import { ChangePassword } from './change-password.js'
import { SecondFactor } from './second-factor.js'

/** What an operator does about himself. */
export function Account() {
  const { t } = useTranslation(['account', 'common'])
  const { name, email, role, tenant } = useMe()
  const owed = useEnrolmentOwed()
  const leave = useLeave()
  return (
    <Page
      title={t('account:title')} text={t('account:text')}
      actions={<Button variant="default" leftSection={<IconLogout size={16} aria-hidden />} onClick={leave}>{t('common:shell.signOut')}</Button>}
    >
      {owed && <Alert role="alert" variant="light" color="yellow" icon={<IconShieldLock size={18} />} title={t('account:owed')}>{t('account:owedText')}</Alert>}
      <Section title={t('account:you')}>
        <Facts facts={[[t('account:name'), name], [t('account:email'), email], [t('account:role'), t(`common:role.${role}`)], [t('account:tenant'), <Group key="tenant" gap={6}>{tenant.name}</Group>]]} />
      </Section>
      <SecondFactor />
      <ChangePassword />
    </Page>
  )
}
