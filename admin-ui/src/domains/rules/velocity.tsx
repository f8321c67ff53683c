import { Button, Modal, Text } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { LoadingRows } from '../../ui/loading.js'
import { Section } from '../../ui/page.js'
import { ErrorState } from '../../ui/states.js'
import { velocityQuery } from './queries.js'
import { VelocityEditor } from './velocity-editor.js'
import { type VelocityRules, VelocityWords } from './velocity-words.js'

/** `campaignId` null: the tenant's, which hold in every campaign. */
export function VelocitySection({ campaignId, may }: { campaignId: string | null; may: boolean }) {
  const { t } = useTranslation(['rules', 'common'])
  const { data: rules, error, refetch } = useQuery(velocityQuery(campaignId))
  const [base, setBase] = useState<VelocityRules | null>(null)
  const close = () => { setBase(null) }
  const title = t(campaignId === null ? 'rules:velocity.ofTenant' : 'rules:velocity.title')
  const edit = may && rules !== undefined && (
    <Button size="compact-sm" variant="default" leftSection={<IconPencil size={14} aria-hidden />} aria-label={t('rules:velocity.edit')} onClick={() => { setBase(rules) }}>{t('rules:edit')}</Button>
  )
  return (
    <Section title={title} aside={edit}>
      {rules === undefined && error === null && <LoadingRows rows={2} />}
      {rules === undefined && error !== null && <ErrorState error={error} retry={() => { void refetch() }} />}
      {rules !== undefined && <VelocityWords rules={rules} />}
      <Modal opened={base !== null} onClose={close} size="xl" title={<Text fw={600} span>{t('rules:velocity.edit')}</Text>} closeOnClickOutside={false} closeButtonProps={{ 'aria-label': t('common:actions.close') }}>
        {base !== null && <VelocityEditor campaignId={campaignId} base={base} onClose={close} />}
      </Modal>
    </Section>
  )
}
