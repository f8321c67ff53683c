import { Alert, Button, Select, Stack } from '@mantine/core'
import { IconLayoutGridAdd } from '@tabler/icons-react'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { GrowBucketsDocument, type CampaignDetailFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { ConfirmByName } from '../../ui/confirm-by-name.js'
import { campaignKey, campaignQuery, changed, ChangeRefused } from '../campaigns/queries.js'
import { useRefusedText } from '../campaigns/refused-text.js'
import { takesChanges } from './open-campaign.js'

const COUNTS = [2, 4, 8, 16, 32, 64] as const
const LOOK_MS = 1_000

/** More buckets for a running campaign, which is rebuilt for it: asked for by its name, and told as done once it has them. */
export function GrowBuckets({ campaign }: { campaign: CampaignDetailFragment }) {
  const { t } = useTranslation(['inventory', 'campaigns'])
  const client = useQueryClient()
  const why = useRefusedText()
  const [asking, setAsking] = useState(false)
  const [chosen, setChosen] = useState<number | null>(null)
  const [wanted, setWanted] = useState(0)
  const { id, bucketCount } = campaign
  const growing = wanted > bucketCount
  useQuery({ ...campaignQuery(id), refetchInterval: growing ? LOOK_MS : false })
  const grow = useMutation({
    mutationFn: async (next: number) =>
      changed((await run(GrowBucketsDocument, { id, expectedVersion: campaign.version, bucketCount: next })).result),
    onSuccess: (after, next) => {
      client.setQueryData(campaignKey(id), after)
      setAsking(false)
      setWanted(next)
    },
    onError: (error) => {
      if (error instanceof ChangeRefused && error.current !== null) client.setQueryData(campaignKey(id), error.current)
    },
  })
  const may = useMay('APPROVE')
  const larger = COUNTS.filter((each) => each > Math.max(bucketCount, wanted))
  const next = chosen !== null && larger.some((each) => each === chosen) ? chosen : larger[0]
  if (growing) return <Alert color="blue" variant="light" p="xs" role="status">{t('inventory:grow.growing', { count: wanted })}</Alert>
  if (!may || !takesChanges(campaign.status) || next === undefined) return null
  const ask = () => {
    grow.reset()
    setAsking(true)
  }
  const problem = why(grow.error)
  return (
    <>
      <Button variant="default" size="xs" leftSection={<IconLayoutGridAdd size={15} aria-hidden />} onClick={ask}>{t('inventory:grow.action')}</Button>
      <ConfirmByName
        opened={asking} onClose={() => { setAsking(false) }} title={t('inventory:grow.title')} action={t('inventory:grow.action')} name={campaign.name}
        busy={grow.isPending} error={problem} onConfirm={() => { grow.mutate(next) }}
      >
        <Stack gap="md">
          <span>{t('inventory:grow.effect')}</span>
          <Select
            label={t('inventory:grow.count', { count: bucketCount })} allowDeselect={false} data={larger.map(String)} value={String(next)}
            onChange={(value) => { setChosen(Number(value)) }}
          />
        </Stack>
      </ConfirmByName>
    </>
  )
}
