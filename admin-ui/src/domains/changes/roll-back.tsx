import { Alert, Button, Modal, Stack, Text, TextInput } from '@mantine/core'
import { IconArrowBackUp, IconLock } from '@tabler/icons-react'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { type AuditRowFragment, ChangeRulesDocument, ReviseCampaignOddsDocument, type RuledCampaignFragment } from '../../generated/graphql.js'
import { LoadingRows } from '../../ui/loading.js'
import { ErrorState } from '../../ui/states.js'
import { stageOf } from '../rules/freedom.js'
import { rulesQuery } from '../rules/queries.js'
import { Review } from '../rules/review.js'
import { useFieldWords } from '../rules/words.js'
import { afterOf, isEmpty, patchOf, revisionOf, rollbackOf } from './rollback.js'

const REASON_CHARACTERS_MAX = 500

interface RollBackProps {
  readonly campaignId: string
  readonly entry: AuditRowFragment
  /** That the change made. */
  readonly version: number
}

/** Makes the values from before a change the next version: a change like any, with its difference shown first. */
export function RollBack({ campaignId, entry, version }: RollBackProps) {
  const { t } = useTranslation(['changes', 'common'])
  const [opened, setOpened] = useState(false)
  const close = () => { setOpened(false) }
  return (
    <>
      <Button size="compact-sm" variant="default" leftSection={<IconArrowBackUp size={14} aria-hidden />} aria-label={t('changes:rollBackWhat', { version })} onClick={() => { setOpened(true) }}>{t('changes:rollBack')}</Button>
      <Modal opened={opened} onClose={close} size="xl" title={<Text fw={600} span>{t('changes:rollBackWhat', { version })}</Text>} closeButtonProps={{ 'aria-label': t('common:actions.close') }}>
        <Newest campaignId={campaignId} entry={entry} version={version} onClose={close} />
      </Modal>
    </>
  )
}

/** What it would do is told of the campaign as it is now. */
function Newest({ campaignId, onClose, ...rest }: RollBackProps & { onClose: () => void }) {
  const { data: campaign, error, refetch, isFetching } = useQuery({ ...rulesQuery(campaignId), staleTime: 0 })
  const [base, setBase] = useState<RuledCampaignFragment | null>(null)
  if (base === null && campaign !== undefined && !isFetching) setBase(campaign)
  if (base !== null) return <Question base={base} onClose={onClose} {...rest} />
  return error === null ? <LoadingRows rows={3} /> : <ErrorState error={error} retry={() => { void refetch() }} />
}

interface QuestionProps extends Omit<RollBackProps, 'campaignId'> {
  readonly base: RuledCampaignFragment
  readonly onClose: () => void
}

function Question({ base, entry, version, onClose }: QuestionProps) {
  const { t } = useTranslation(['changes', 'rules'])
  const words = useFieldWords()
  const [reason, setReason] = useState(t('changes:reason', { version }))
  const rollback = rollbackOf(entry, base, stageOf(base, Date.now()))
  if (rollback === null || isEmpty(rollback)) return <Alert variant="light" color="gray" icon={<IconLock size={18} />}>{t('changes:nothingBack')}</Alert>
  const { kept, by } = rollback
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">{t('changes:rollBackText')}</Text>
      {kept.length > 0 && (
        <Alert variant="light" color="yellow" p="sm" icon={<IconLock size={18} />}>{t('changes:kept')} {kept.map(words.name).join('; ')}</Alert>
      )}
      <Review
        base={base} after={afterOf(rollback, base)} onBack={onClose} onDone={onClose} ready={by === 'update' || reason.trim() !== ''}
        send={async (onto) => (by === 'odds'
          ? (await run(ReviseCampaignOddsDocument, { id: base.id, expectedVersion: onto.version, reason, ...revisionOf(rollback) })).result
          : (await run(ChangeRulesDocument, { id: base.id, expectedVersion: onto.version, patch: patchOf(rollback, onto) })).result)}
      >
        {by === 'odds' && <TextInput label={t('rules:reason')} description={t('rules:reasonHint')} maxLength={REASON_CHARACTERS_MAX} value={reason} onChange={(event) => { setReason(event.currentTarget.value) }} />}
      </Review>
    </Stack>
  )
}
