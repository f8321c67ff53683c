import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { IconAlertTriangle, IconGitMerge } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isApiError } from '../../api/errors.js'
import type { ProblemFragment, RuledCampaignFragment, RuledChangeFragment } from '../../generated/graphql.js'
import { diffOf } from '../../lib/diff.js'
import { useReasonText } from '../../reasons/text.js'
import { paramsOf } from '../../reasons/told.js'
import { Diff } from '../../ui/diff.js'
import { useToast } from '../../ui/toast.js'
import { comparable } from './inputs.js'
import { rulesQuery } from './queries.js'
import { useFieldWords } from './words.js'

type Fields = Partial<RuledCampaignFragment>

interface ReviewProps {
  /** As the editor saw it. */
  readonly base: RuledCampaignFragment
  /** The fields that change, as they would be. */
  readonly after: Fields
  /** Asks for the change; `onto`: the version that it is made for, another than the base once somebody else was first. */
  readonly send: (onto: RuledCampaignFragment) => Promise<RuledChangeFragment>
  readonly onBack: () => void
  readonly onDone: () => void
  /** What else is asked before it is sent: a reason. */
  readonly children?: ReactNode
  readonly ready?: boolean
}

const pick = (campaign: RuledCampaignFragment, fields: Fields): Fields =>
  Object.fromEntries(Object.entries(campaign).filter(([name]) => name in fields))

/** What is about to change, before it is sent; and where somebody else was first, what both have made of it. */
export function Review({ base, after, send, onBack, onDone, children, ready = true }: ReviewProps) {
  const { t } = useTranslation(['rules', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const words = useFieldWords((after.budget ?? base.budget)?.currency)
  const say = useReasonText()
  const [onto, setOnto] = useState(base)
  const [problems, setProblems] = useState<readonly ProblemFragment[]>([])
  const before = comparable(pick(base, after))
  const mine = new Map(diffOf(before, comparable(after)).map((change) => [change.path, change]))
  const theirs = new Map((onto === base ? [] : diffOf(before, comparable(pick(onto, after)))).map((change) => [change.path, change]))
  const rows = [...new Set([...mine.keys(), ...theirs.keys()])].map((path) => {
    const [own, other] = [mine.get(path), theirs.get(path)]
    const was = (own ?? other)!.before
    const row = words.row({ path, before: was, after: own === undefined ? was : own.after })
    return other === undefined ? row : { ...row, theirs: words.value(path, other.after) }
  })
  const save = useMutation({
    mutationFn: () => send(onto),
    onSuccess: async (result) => {
      setProblems([])
      if (result.__typename === 'VersionConflict') return setOnto(await client.fetchQuery({ ...rulesQuery(base.id), staleTime: 0 }))
      if (result.__typename === 'InvalidCampaign') return setProblems(result.problems)
      toast.done(t('rules:saved', { version: result.version }))
      onDone()
      await client.invalidateQueries({ queryKey: ['campaigns'] })
    },
    onError: (error) => {
      toast.failed(error)
      if (isApiError(error, 'APPROVAL_REQUIRED')) onDone()
    },
  })
  return (
    <Stack gap="md">
      {onto !== base && (
        <Alert variant="light" color="yellow" icon={<IconGitMerge size={18} />} title={t('rules:conflict.title', { version: onto.version })} role="alert">
          {theirs.size === 0 ? t('rules:conflict.elsewhere') : t('rules:conflict.text')}
        </Alert>
      )}
      {rows.length === 0 ? <Text size="sm" c="dimmed">{t('rules:nothingChanges')}</Text> : <Diff label={t('rules:changes')} rows={rows} />}
      {problems.length > 0 && (
        <Alert variant="light" color="red" icon={<IconAlertTriangle size={18} />} title={t('rules:refused')} role="alert">
          {problems.map(({ path, params, ...problem }) => <Text key={`${path} ${problem.message}`} size="sm">{words.name(path)}: {say({ ...problem, params: paramsOf(params) })}</Text>)}
        </Alert>
      )}
      {children}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onBack}>{t('rules:back')}</Button>
        {onto !== base && <Button variant="default" onClick={onDone}>{t('rules:conflict.drop')}</Button>}
        <Button disabled={!ready || mine.size === 0} loading={save.isPending} onClick={() => { save.mutate() }}>
          {onto === base ? t('rules:save') : t('rules:conflict.keep', { version: onto.version })}
        </Button>
      </Group>
    </Stack>
  )
}
