import { Button, Table, Text } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { type CampaignDetailFragment, type FulfilledPrizeFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { LoadingRows } from '../../ui/loading.js'
import { Section } from '../../ui/page.js'
import { ErrorState } from '../../ui/states.js'
import { FulfilmentForm } from './fulfilment-form.js'
import { fulfilmentsQuery } from './queries.js'
import classes from './prize-fulfilments.module.css'
import { UNIT_SECONDS, unitOf } from './spans.js'


/** How the awards of each prize reach their owners. A draft's prizes are changed with the campaign. */
export function PrizeFulfilments({ campaign: { id, status } }: { campaign: CampaignDetailFragment }) {
  const { t } = useTranslation('fulfilment')
  const { data, error, refetch } = useQuery(fulfilmentsQuery(id))
  const [edited, setEdited] = useState<FulfilledPrizeFragment | null>(null)
  const isDraft = status === 'DRAFT' || status === 'IN_REVIEW'
  const may = useMay('CONFIGURE') && !isDraft
  return (
    <Section title={t('title')} aside={isDraft && <Text size="sm" c="dimmed">{t('draft')}</Text>} flush>
      {data === undefined && (error === null ? <LoadingRows rows={3} /> : <ErrorState error={error} retry={() => { void refetch() }} />)}
      {data !== undefined && (
        <div className={classes.scroll} role="region" aria-label={t('title')} tabIndex={0}>
          <Table className={classes.rows}>
            <Table.Thead>
              <Table.Tr><Table.Th>{t('prize')}</Table.Th><Table.Th>{t('kind')}</Table.Th><Table.Th>{t('way')}</Table.Th>{may && <Table.Th />}</Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {data.map((prize) => (
                <Table.Tr key={prize.id}>
                  <Table.Td fw={550}>{prize.name}</Table.Td>
                  <Table.Td>{t(`prizeKind.${prize.kind}`)}</Table.Td>
                  <Table.Td><Way prize={prize} /></Table.Td>
                  {may && (
                    <Table.Td ta="end">
                      <Button
                        variant="default" size="compact-sm" leftSection={<IconPencil size={14} aria-hidden />} onClick={() => { setEdited(prize) }}
                        aria-label={t('changeOf', { prize: prize.name })}
                      >
                        {t('change')}
                      </Button>
                    </Table.Td>
                  )}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      {edited !== null && <FulfilmentForm campaignId={id} prize={edited} onClose={() => { setEdited(null) }} />}
    </Section>
  )
}

function Way({ prize: { kind: prizeKind, fulfilment } }: { prize: FulfilledPrizeFragment }) {
  const { t } = useTranslation('fulfilment')
  if (fulfilment == null) return <Text span c="dimmed" inherit>{t(prizeKind === 'COUPON_CODE' ? 'withCode' : 'ways.NONE')}</Text>
  const { kind, url, claimWithinSeconds, onExpiry } = fulfilment
  const unit = claimWithinSeconds == null ? null : unitOf(claimWithinSeconds)
  return (
    <>
      {t(`ways.${kind}`)}
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {url}
        {kind === 'MANUAL' && (unit === null || claimWithinSeconds == null ? t('noLimit')
          : t('claimBy', { span: t(`spans.${unit}`, { count: claimWithinSeconds / UNIT_SECONDS[unit] }), fate: t(`fates.${onExpiry}`) }))}
      </Text>
    </>
  )
}
