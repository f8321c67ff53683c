import { Button, Group, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AuditRowFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { Tag } from '../../ui/badge.js'
import { DateTime } from '../../ui/date-time.js'
import { Diff } from '../../ui/diff.js'
import { TextLink } from '../../ui/text-link.js'
import { useAuditWords } from '../audit/words.js'
import { useFieldWords } from '../rules/words.js'
import classes from './changes.module.css'
import { changeOf } from './entry.js'
import { RollBack } from './roll-back.js'

const FIELDS_SHOWN = 8
/** What was before these can be asked for again. */
const REVERSIBLE = new Set(['campaign.updated', 'campaign.odds-revised'])

interface HistoryEntryProps {
  readonly campaignId: string
  readonly entry: AuditRowFragment
  /** Of operators, by their ids. */
  readonly names: ReadonlyMap<string, string>
}

/** Who did what, when and why, what changed by it, and who else had asked for it. */
export function HistoryEntry({ campaignId, entry, names }: HistoryEntryProps) {
  const { t } = useTranslation('changes')
  const said = useAuditWords().action(entry.action)
  const mayChange = useMay('CONFIGURE')
  const [all, setAll] = useState(false)
  const { action, actorKind, actorId, at, reason, subjectKind, subjectId } = entry
  const { version, fields, approved, before, after } = changeOf(entry)
  const words = useFieldWords(currencyOf(before) ?? currencyOf(after))
  const who = actorKind === 'operator' ? (names.get(actorId ?? '') ?? actorId) : t('system')
  return (
    <li>
      <div className={classes.head}>
        <Text span fw={600} size="sm">{said}</Text>
        {version !== null && subjectKind === 'campaign' && subjectId === campaignId && <Tag>{t('version', { version })}</Tag>}
        <Text span size="sm" c="dimmed">{t('by', { who })}</Text>
        <Text span size="sm" c="dimmed" className={classes.when}><DateTime value={at} /></Text>
      </div>
      {reason != null && <Text size="sm" mt={4} className={classes.reason}>{t('why', { reason })}</Text>}
      {approved !== null && (
        <Text size="sm" mt={4}>
          {t('approved', { who: names.get(approved.authorId) ?? approved.authorId })}{' '}
          <TextLink to="/approvals/$id" params={{ id: approved.changeRequestId }}>{t('request')}</TextLink>
        </Text>
      )}
      {fields.length > 0 && (
        <div className={classes.diff}>
          <Diff label={`${said} ${version ?? ''}`} rows={fields.slice(0, all ? undefined : FIELDS_SHOWN).map(words.row)} />
        </div>
      )}
      {(fields.length > FIELDS_SHOWN || (mayChange && REVERSIBLE.has(action))) && (
        <Group gap="xs" mt="xs">
          {fields.length > FIELDS_SHOWN && (
            <Button size="compact-sm" variant="subtle" aria-expanded={all} onClick={() => { setAll(!all) }}>
              {all ? t('less') : t('more', { count: fields.length - FIELDS_SHOWN })}
            </Button>
          )}
          {mayChange && REVERSIBLE.has(action) && version !== null && <RollBack campaignId={campaignId} entry={entry} version={version} />}
        </Group>
      )}
    </li>
  )
}

const currencyOf = (state: Readonly<Record<string, unknown>> | null): string | undefined =>
  (state?.budget as { currency?: string } | null | undefined)?.currency
