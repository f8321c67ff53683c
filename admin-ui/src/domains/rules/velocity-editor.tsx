import { ActionIcon, Alert, Button, Group, Select, Stack, Text } from '@mantine/core'
import { IconGitMerge, IconPlus, IconTrash } from '@tabler/icons-react'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { isApiError } from '../../api/errors.js'
import { type RiskSubject, SetVelocityOfDocument, VelocityOfDocument } from '../../generated/graphql.js'
import { same } from '../../lib/same.js'
import { useFormWindow } from '../../ui/form-window.js'
import { useToast } from '../../ui/toast.js'
import { isMoved, useTheirs } from '../../ui/use-theirs.js'
import { SUBJECTS } from '../risk/lists.js'
import { NumberField } from './number-field.js'
import { velocityQuery } from './queries.js'
import { type VelocityRules, VelocityWords } from './velocity-words.js'

const RULES_MAX = 10
const PARTICIPANT_RULES_MAX = 2
const DAY_SECONDS = 86_400
const DRAWS_MAX = 1_000_000

interface Line {
  readonly key: number
  readonly subject: RiskSubject
  readonly windowSeconds: number | null
  readonly drawsMax: number | null
}
type Whole = Line & { readonly windowSeconds: number; readonly drawsMax: number }

const plain = (rules: VelocityRules) => rules.map(({ subject, windowSeconds, drawsMax }) => ({ subject, windowSeconds, drawsMax }))
const sameRules = (one: VelocityRules, other: VelocityRules) => same(plain(one), plain(other))
const isWhole = (line: Line): line is Whole => (line.windowSeconds ?? 0) >= 1 && (line.drawsMax ?? 0) >= 1
const sameWindow = (one: Line, other: Line) => one.subject === other.subject && one.windowSeconds === other.windowSeconds

/** Replaces the rules. They have no version: those that they are to replace are said, and what somebody else has made of them is shown. */
export function VelocityEditor({ campaignId, base, onClose }: { campaignId: string | null; base: VelocityRules; onClose: () => void }) {
  const { t } = useTranslation(['rules', 'risk', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const [lines, setLines] = useState<readonly Line[]>(() => plain(base).map((rule, key) => ({ ...rule, key })))
  const { theirs, meet } = useTheirs(async () => (await run(VelocityOfDocument, { campaignId })).velocityRules, toast.failed)
  const seen = theirs ?? base
  const repeated = lines.find((line, n) => lines.findIndex((other) => sameWindow(other, line)) < n)
  const tooMany = lines.filter(({ subject }) => subject === 'PARTICIPANT').length > PARTICIPANT_RULES_MAX
  const rules = lines.filter(isWhole).map(({ subject, windowSeconds, drawsMax }) => ({ subject, windowSeconds, drawsMax }))
  const cancel = useFormWindow(lines.length !== rules.length || !sameRules(rules, base))
  const sound = rules.length === lines.length && repeated === undefined && !tooMany
  const save = useMutation({
    mutationFn: () => run(SetVelocityOfDocument, { campaignId, rules, expected: plain(seen) }),
    onSuccess: async () => {
      toast.done(t('rules:velocity.saved'))
      onClose()
      await client.invalidateQueries({ queryKey: velocityQuery(campaignId).queryKey })
    },
    onError: async (error) => {
      if (isMoved(error)) return meet(error)
      toast.failed(error)
      if (isApiError(error, 'APPROVAL_REQUIRED')) onClose()
    },
  })
  const set = (line: Line, part: Partial<Line>) => { setLines(lines.map((each) => (each === line ? { ...each, ...part } : each))) }
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">{t('rules:velocity.editText')}</Text>
      {seen !== base && (
        <Alert variant="light" color="yellow" icon={<IconGitMerge size={18} />} title={t('rules:velocity.moved')} role="alert"><VelocityWords rules={seen} /></Alert>
      )}
      {lines.map((line, at) => (
        <Group key={line.key} gap="xs" align="flex-end">
          <NumberField
            label={at === 0 ? t('rules:velocity.drawsMax') : undefined} aria-label={`${t('rules:velocity.drawsMax')} ${at + 1}`} w={140}
            max={DRAWS_MAX} value={line.drawsMax} onChange={(drawsMax) => { set(line, { drawsMax }) }}
          />
          <Select
            label={at === 0 ? t('risk:column.subject') : undefined} aria-label={`${t('risk:column.subject')} ${at + 1}`} w={170}
            allowDeselect={false} value={line.subject} data={SUBJECTS.map((value) => ({ value, label: t(`risk:subject.${value}`) }))}
            onChange={(subject) => { set(line, { subject: SUBJECTS.find((each) => each === subject) ?? line.subject }) }}
          />
          <NumberField
            label={at === 0 ? t('rules:velocity.window') : undefined} aria-label={`${t('rules:velocity.window')} ${at + 1}`} w={150}
            max={DAY_SECONDS} value={line.windowSeconds} onChange={(windowSeconds) => { set(line, { windowSeconds }) }}
          />
          <ActionIcon
            size="lg" variant="subtle" color="gray" aria-label={t('rules:velocity.remove', { n: at + 1 })}
            onClick={() => { setLines(lines.filter((each) => each !== line)) }}
          >
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      {repeated !== undefined && <Text size="sm" c="var(--db-bad)" role="alert">{t('rules:velocity.repeated')}</Text>}
      {tooMany && <Text size="sm" c="var(--db-bad)" role="alert">{t('rules:velocity.tooMany', { count: PARTICIPANT_RULES_MAX })}</Text>}
      <Group justify="space-between">
        <Button
          size="compact-sm" variant="default" leftSection={<IconPlus size={14} aria-hidden />} disabled={lines.length >= RULES_MAX}
          onClick={() => { setLines([...lines, { key: Math.max(-1, ...lines.map(({ key }) => key)) + 1, subject: 'IP', windowSeconds: 60, drawsMax: null }]) }}
        >
          {t('rules:velocity.add')}
        </Button>
        <Group gap="xs">
          <Button variant="default" onClick={cancel}>{t('common:actions.cancel')}</Button>
          <Button disabled={!sound} loading={save.isPending} onClick={() => { save.mutate() }}>{seen === base ? t('rules:save') : t('rules:velocity.replace')}</Button>
        </Group>
      </Group>
    </Stack>
  )
}
