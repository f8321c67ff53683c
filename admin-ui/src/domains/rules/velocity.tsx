import { Button } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FormWindow } from '../../ui/form-window.js'
import { LoadingRows } from '../../ui/loading.js'
import { Section } from '../../ui/page.js'
import { ErrorState } from '../../ui/states.js'
import { velocityQuery } from './queries.js'
import { VelocityEditor } from './velocity-editor.js'
import { type VelocityRules, VelocityWords } from './velocity-words.js'

/** `campaignId` null: the tenant's, which hold in every campaign. */
export function VelocitySection({ campaignId, may }: { campaignId: string | null; may: boolean }) {
  const { t } = useTranslation('rules')
  const { data: rules, error, refetch } = useQuery(velocityQuery(campaignId))
  const [base, setBase] = useState<VelocityRules | null>(null)
  const close = useCallback(() => { setBase(null) }, [])
  const title = t(campaignId === null ? 'velocity.ofTenant' : 'velocity.title')
  const edit = may && rules !== undefined && (
    <Button
      size="compact-sm" variant="default" leftSection={<IconPencil size={14} aria-hidden />} aria-label={t('velocity.edit')}
      onClick={() => { setBase(rules) }}
    >
      {t('edit')}
    </Button>
  )
  return (
    <Section title={title} aside={edit}>
      {rules === undefined && error === null && <LoadingRows rows={2} />}
      {rules === undefined && error !== null && <ErrorState error={error} retry={() => { void refetch() }} />}
      {rules !== undefined && <VelocityWords rules={rules} />}
      <FormWindow opened={base !== null} onClose={close} title={t('velocity.edit')}>
        {base !== null && <VelocityEditor campaignId={campaignId} base={base} onClose={close} />}
      </FormWindow>
    </Section>
  )
}
