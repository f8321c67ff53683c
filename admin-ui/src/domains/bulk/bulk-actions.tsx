import { Button, Text } from '@mantine/core'
import { IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CampaignRowFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { ConfirmByName } from '../../ui/confirm-by-name.js'
import { ACTIONS } from '../campaigns/lifecycle.js'
import { BulkRun } from './bulk-run.js'
import { type Bulk, BULK, fits } from './change.js'
import classes from './bulk.module.css'

/** What can be done with several campaigns: each asks with all their names, for the name of one or the number of several. */
export function BulkActions({ selected }: { selected: readonly CampaignRowFragment[] }) {
  const { t } = useTranslation(['bulk', 'campaigns'])
  const [asked, setAsked] = useState<Bulk | null>(null)
  const [running, setRunning] = useState<{ bulk: Bulk; campaigns: readonly CampaignRowFragment[] } | null>(null)
  const mayMove = useMay('APPROVE')
  const mayMake = useMay('CONFIGURE')
  const possible = BULK.filter((bulk) => (bulk === 'duplicate' ? mayMake : mayMove))
  const fitting = asked === null ? [] : selected.filter((campaign) => fits(asked, campaign))
  const left = asked === null ? [] : selected.filter((campaign) => !fits(asked, campaign))
  return (
    <>
      {possible.map((bulk) => {
        const Picture = bulk === 'duplicate' ? IconCopy : ACTIONS[bulk].icon
        return (
          <Button
            key={bulk} size="compact-sm" variant="default" c={bulk === 'end' ? 'var(--db-bad)' : undefined} leftSection={<Picture size={14} aria-hidden />}
            disabled={!selected.some((campaign) => fits(bulk, campaign))} onClick={() => { setAsked(bulk) }}
          >
            {t(`bulk:action.${bulk}`)}
          </Button>
        )
      })}
      <ConfirmByName
        opened={asked !== null} onClose={() => { setAsked(null) }} name={fitting.length === 1 ? fitting[0]!.name : String(fitting.length)} busy={false} danger={asked === 'end'}
        title={asked === null ? '' : t(`bulk:ask.${asked}`, { count: fitting.length })} action={asked === null ? '' : t(`bulk:action.${asked}`)}
        onConfirm={() => {
          if (asked !== null) setRunning({ bulk: asked, campaigns: fitting })
          setAsked(null)
        }}
      >
        {asked !== null && <Text size="sm">{asked === 'duplicate' ? t('bulk:effect') : t(`campaigns:effect.${asked}`)}</Text>}
        <ul className={classes.names}>{fitting.map(({ id, name }) => <li key={id}>{name}</li>)}</ul>
        {fitting.length > 1 && <Text size="sm" mt="xs">{t('bulk:whyNumber')}</Text>}
        {left.length > 0 && (
          <>
            <Text size="sm">{t('bulk:leftOut')}</Text>
            <ul className={classes.names}>{left.map(({ id, name, status }) => <li key={id}>{name} · {t(`campaigns:status.${status}`)}</li>)}</ul>
          </>
        )}
      </ConfirmByName>
      {running !== null && <BulkRun bulk={running.bulk} campaigns={running.campaigns} onClose={() => { setRunning(null) }} />}
    </>
  )
}
