import { Anchor, Code, Group, Stack, Text } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import type { AuditRowFragment } from '../../generated/graphql.js'
import { diffOf } from '../../lib/diff.js'
import { Copyable } from '../../ui/copyable.js'
import { DateTime } from '../../ui/date-time.js'
import { Diff } from '../../ui/diff.js'
import { Facts } from '../../ui/page.js'
import { changeOf } from '../changes/entry.js'
import { useFieldWords } from '../rules/words.js'
import { shortHash } from './hash.js'
import { useNames } from './who.js'
import { useAuditWords } from './words.js'

/** One entry: who, when, from where, and field by field what was and what became; as it is kept beneath. */
export function Entry({ entry }: { entry: AuditRowFragment }) {
  const { t } = useTranslation('audit')
  const names = useNames()
  const said = useAuditWords()
  const words = useFieldWords()
  const { seq, at, actorKind, actorId, subjectKind, subjectId, campaignId, before, after, reason, requestId, ip, hash } = entry
  const { approved, ...states } = changeOf(entry)
  const rows = diffOf(states.before ?? {}, states.after ?? {}).map(words.row)
  const id = (value: string, what: string) => <Copyable value={value} what={what} />
  const facts: Array<readonly [string, React.ReactNode]> = [
    [t('column.seq'), <span key="seq" className="num">{seq}</span>],
    [t('column.at'), <DateTime key="at" value={at} />],
    [t('column.actor'), (
      <Group key="actor" gap={6}>
        {actorKind === 'operator' ? names.get(actorId ?? '') ?? t('actor.operator') : t('actor.system')}{actorId != null && id(actorId, t('column.actor'))}
      </Group>
    )],
    [t('column.subject'), <Group key="subject" gap={6}>{said.subject(subjectKind)}{id(subjectId, t('column.subject'))}</Group>],
    ...(approved === null ? [] : [[t('approved'), (
      <Group key="approved" gap={6}>
        {names.get(approved.authorId) ?? approved.authorId}
        <Anchor size="sm" component={Link} to="/approvals/$id" params={{ id: approved.changeRequestId } as never}>{t('openRequest')}</Anchor>
      </Group>
    )] as const]),
    ...(campaignId == null ? [] : [[t('campaign'), <Link key="campaign" to="/campaigns/$id" params={{ id: campaignId }}>{t('openCampaign')}</Link>] as const]),
    ...(reason == null ? [] : [[t('column.reason'), reason] as const]),
    ...(ip == null ? [] : [[t('ip'), ip] as const]),
    ...(requestId == null ? [] : [[t('request'), id(requestId, t('request'))] as const]),
    [t('hash'), <Copyable key="hash" value={hash} shown={shortHash(hash)} what={t('hash')} />],
  ]
  return (
    <Stack gap="md">
      <Facts facts={facts} />
      {rows.length > 0 && <Diff label={t('changes')} rows={rows} />}
      {(before != null || after != null) && (
        <details>
          <summary><Text span size="xs" c="dimmed">{t('raw')}</Text></summary>
          {[[t('before'), before], [t('after'), after]].map(([name, value]) => value != null && (
            <div key={name}><Text size="xs" c="dimmed" my={4}>{name}</Text><Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>{pretty(value)}</Code></div>
          ))}
        </details>
      )}
    </Stack>
  )
}

function pretty(json: string): string {
  try {
    return JSON.stringify(JSON.parse(json), null, 2)
  } catch {
    return json
  }
}
