import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useMemo, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { FieldDiff, type Side } from '../../ui/field-diff.js'
import { useDiffRows } from './diff-rows.js'
import { useCampaignDraft } from './draft-context.js'
import { byId, campaignDifferences, merged } from './merge.js'
import type { Loaded } from './queries.js'

/** Somebody else saved first: field by field, which of the two is to hold. Until that is said, nothing is saved. */
export function ConflictWindow() {
  const { t } = useTranslation(['wizard', 'common'])
  const { conflict, postpone } = useCampaignDraft()
  return (
    <Modal
      opened={conflict !== null} onClose={postpone} size="xl" title={<Text fw={600} span>{t('wizard:conflict.title')}</Text>}
      closeButtonProps={{ 'aria-label': t('common:actions.close') }}
    >
      {conflict !== null && <Choice key={conflict.fixed.version} theirs={conflict} />}
    </Modal>
  )
}

function Choice({ theirs }: { theirs: Loaded }) {
  const { t } = useTranslation(['wizard', 'common'])
  const { base, values, settle, postpone } = useCampaignDraft()
  const before = useMemo(() => byId(base.values), [base.values])
  const mine = useMemo(() => byId(values), [values])
  const other = useMemo(() => byId(theirs.values), [theirs.values])
  const found = useMemo(() => campaignDifferences(before, mine, other), [before, mine, other])
  const rows = useDiffRows(found, { before, mine, theirs: other })
  const [chosen, setChosen] = useState<ReadonlyMap<string, Side>>(() =>
    new Map(found.flatMap(({ path, by }) => (by === 'both' ? [] : [[path, by === 'me' ? 'mine' : 'theirs'] as const]))))
  const all = (side: Side) => { setChosen(new Map(found.map(({ path }) => [path, side]))) }
  const open = found.filter(({ path }) => !chosen.has(path)).length
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">{t('wizard:conflict.text')}</Text>
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => { all('theirs') }}>{t('wizard:conflict.allTheirs')}</Button>
        <Button size="xs" variant="default" onClick={() => { all('mine') }}>{t('wizard:conflict.allMine')}</Button>
      </Group>
      <FieldDiff label={t('wizard:conflict.title')} rows={rows} chosen={chosen} onChoose={(path, side) => { setChosen(new Map(chosen).set(path, side)) }} />
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status">{t(open === 0 ? 'wizard:conflict.all' : 'wizard:conflict.open', { count: open })}</Text>
        <Group gap="xs">
          <Button variant="default" onClick={postpone}>{t('wizard:conflict.later')}</Button>
          <Button
            disabled={open > 0}
            onClick={() => { settle(merged(mine, other, new Set([...chosen].flatMap(([path, side]) => (side === 'mine' ? [path] : []))))) }}
          >
            {t('wizard:conflict.settle')}
          </Button>
        </Group>
      </Group>
    </Stack>
  )
}
