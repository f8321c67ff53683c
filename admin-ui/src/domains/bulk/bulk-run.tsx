import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { CampaignRowFragment } from '../../generated/graphql.js'
import { Status } from '../../ui/badge.js'
import { useRefusedText } from '../campaigns/refused-text.js'
import { type Bulk, change } from './change.js'
import classes from './bulk.module.css'

type Result = { readonly kind: 'waiting' | 'running' | 'done' | 'stopped' } | { readonly kind: 'failed'; readonly error: unknown }
const TONES = { waiting: 'idle', running: 'info', done: 'good', failed: 'bad', stopped: 'idle' } as const

interface BulkRunProps {
  readonly bulk: Bulk
  readonly campaigns: readonly CampaignRowFragment[]
  readonly onClose: () => void
}

/** One after another, each shown as the server has answered it. What fails does not keep the others. */
export function BulkRun({ bulk, campaigns, onClose }: BulkRunProps) {
  const { t } = useTranslation(['bulk', 'common'])
  const client = useQueryClient()
  const [results, setResults] = useState<readonly Result[]>(() => campaigns.map(() => ({ kind: 'waiting' })))
  const begun = useRef(false)
  const stopped = useRef(false)
  useEffect(() => {
    // Development mounts twice; a change is asked for once.
    if (begun.current) return
    begun.current = true
    const put = (at: number, result: Result) => { setResults((before) => before.map((each, n) => (n === at ? result : each))) }
    const all = async () => {
      for (const [at, campaign] of campaigns.entries()) {
        if (stopped.current) {
          put(at, { kind: 'stopped' })
          continue
        }
        put(at, { kind: 'running' })
        try {
          await change(bulk, campaign)
          put(at, { kind: 'done' })
        } catch (error) {
          put(at, { kind: 'failed', error })
        }
      }
      await client.invalidateQueries({ queryKey: ['campaigns'] })
    }
    void all()
  }, [bulk, campaigns, client])
  const isOver = results.every(({ kind }) => kind !== 'waiting' && kind !== 'running')
  const done = results.filter(({ kind }) => kind === 'done').length
  return (
    <Modal
      opened onClose={onClose} title={<Text fw={600} span>{t(`bulk:action.${bulk}`)}</Text>} closeOnClickOutside={isOver} closeOnEscape={isOver} withCloseButton={isOver}
      closeButtonProps={{ 'aria-label': t('common:actions.close') }}
    >
      <Stack gap="md">
        <Text size="sm" c="dimmed" role="status">{t(isOver ? 'bulk:over' : 'bulk:progress', { done, count: campaigns.length })}</Text>
        <ul className={classes.rows}>
          {campaigns.map(({ id, name }, at) => {
            const result = results[at]!
            return (
              <li key={id}>
                <span>{name}{result.kind === 'failed' && <Problem error={result.error} />}</span>
                <Status tone={TONES[result.kind]} pulse={result.kind === 'running'}>{t(`bulk:result.${result.kind}`)}</Status>
              </li>
            )
          })}
        </ul>
        <Group justify="flex-end">
          {isOver
            ? <Button data-autofocus onClick={onClose}>{t('common:actions.close')}</Button>
            : <Button variant="default" onClick={() => { stopped.current = true }}>{t('bulk:stop')}</Button>}
        </Group>
      </Stack>
    </Modal>
  )
}

function Problem({ error }: { error: unknown }) {
  const why = useRefusedText()
  return <span className={classes.problem}>{why(error)}</span>
}
