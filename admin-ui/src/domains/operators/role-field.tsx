import { Radio, Stack } from '@mantine/core'
import type { ComponentProps } from 'react'
import { useTranslation } from 'react-i18next'
import { ROLES } from './queries.js'

/** The four roles, each with what it is for. */
export function RoleField(props: Omit<ComponentProps<typeof Radio.Group>, 'children' | 'label'>) {
  const { t } = useTranslation(['operators', 'common'])
  return (
    <Radio.Group label={t('operators:column.role')} {...props}>
      <Stack gap="xs" mt="xs">
        {ROLES.map((role) => <Radio key={role} value={role} label={t(`common:role.${role}`)} description={t(`operators:roleText.${role}`)} />)}
      </Stack>
    </Radio.Group>
  )
}
