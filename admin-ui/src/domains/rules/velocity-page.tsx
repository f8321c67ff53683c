import { useTranslation } from 'react-i18next'
import { useMay } from '../../session/session.js'
import { Page } from '../../ui/page.js'
import { VelocitySection } from './velocity.js'

/** The tenant's own rules, which hold in every campaign. */
export function TenantVelocity() {
  const { t } = useTranslation('rules')
  return (
    <Page title={t('velocity.title')} text={t('velocity.pageText')}>
      <VelocitySection campaignId={null} may={useMay('CONFIGURE')} />
    </Page>
  )
}
