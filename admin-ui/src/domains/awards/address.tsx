import { Button, Text } from '@mantine/core'
import { IconHome } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { AwardAddressDocument } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { Copyable } from '../../ui/copyable.js'
import { Facts } from '../../ui/page.js'
import { Refusal } from '../../ui/refusal.js'

/** Where a prize is to be sent: read when somebody asks for it, to who may send it, and kept nowhere in the page after that. */
export function AwardAddress({ id }: { id: string }) {
  const { t } = useTranslation('awards')
  const may = useMay('FULFIL')
  // Not a query: what it reads does not stay in a cache, and nothing reads it again by itself.
  const ask = useMutation({ mutationFn: async () => (await run(AwardAddressDocument, { id })).awardAddress ?? null, gcTime: 0 })
  if (!may) return null
  if (ask.data === undefined) {
    return (
      <div>
        <Button variant="default" size="xs" leftSection={<IconHome size={15} aria-hidden />} loading={ask.isPending} onClick={() => { ask.mutate() }}>{t('address.show')}</Button>
        <Text size="xs" c="dimmed" mt={6}>{t('address.hint')}</Text>
        <Refusal error={ask.error} />
      </div>
    )
  }
  if (ask.data === null) return <Text size="sm" c="dimmed" role="status">{t('address.none')}</Text>
  const { recipient, phone, country, region, city, postalCode, line1, line2 } = ask.data
  const lines = [line1, line2, [postalCode, city].filter(Boolean).join(' '), region, country].filter((line) => line != null && line !== '')
  const facts: Array<readonly [string, React.ReactNode]> = [
    [t('address.recipient'), recipient],
    ...(phone == null ? [] : [[t('address.phone'), phone] as const]),
    [t('address.title'), <span key="lines">{lines.map((line) => <span key={line} style={{ display: 'block' }}>{line}</span>)}<Copyable value={[recipient, ...lines].join('\n')} shown={t('address.copy')} what={t('address.title')} /></span>],
  ]
  return <Facts facts={facts} />
}
