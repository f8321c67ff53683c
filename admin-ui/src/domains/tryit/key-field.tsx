import { Anchor, Button, Group, PasswordInput, Text } from '@mantine/core'
import { IconKey } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { CreateApiKeyDocument } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { useToast } from '../../ui/toast.js'
import { apiKeysQuery } from '../api-keys/queries.js'

/** A key that the reader has, or one that is made for him: a test key, which touches nothing that is real. */
export function KeyField({ value, onChange }: { value: string; onChange: (key: string) => void }) {
  const { t } = useTranslation(['tryit', 'common'])
  const may = useMay('MANAGE_API_KEYS')
  const mayRead = useMay('READ_API_KEYS')
  const client = useQueryClient()
  const toast = useToast()
  const make = useMutation({
    mutationFn: async () => (await run(CreateApiKeyDocument, { name: t('tryit:key.name'), kind: 'TEST' })).createApiKey.secret,
    onSuccess: async (secret) => {
      onChange(secret)
      await client.invalidateQueries(apiKeysQuery)
    },
    onError: toast.failed,
  })
  return (
    <div>
      <Group align="flex-end" gap="xs">
        <PasswordInput
          flex={1} miw={220} label={t('tryit:key.label')} description={t(may ? 'tryit:key.hint' : 'tryit:key.hintAsk')} value={value} autoComplete="one-time-code" spellCheck={false}
          visibilityToggleButtonProps={{ 'aria-label': t('tryit:key.show') }} onChange={(event) => { onChange(event.currentTarget.value) }}
        />
        {may && <Button variant="default" leftSection={<IconKey size={16} aria-hidden />} loading={make.isPending} onClick={() => { make.mutate() }}>{t('tryit:key.make')}</Button>}
      </Group>
      {make.isSuccess && mayRead && <Text size="xs" c="dimmed" mt={6}>{t('tryit:key.made')} <Anchor component={Link} to="/api-keys" size="xs">{t('tryit:key.all')}</Anchor></Text>}
    </div>
  )
}
