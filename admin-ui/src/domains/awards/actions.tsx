import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { AwardDetailFragment } from '../../generated/graphql.js'
import { useMay } from '../../session/session.js'
import { BULK, mayHappen, type BulkAction } from './awards.js'
import { OneForm, ONE_ACTIONS, type OneAction } from './one-form.js'

interface AwardActionsProps {
  readonly award: AwardDetailFragment
  readonly onBulk: (action: BulkAction, award: AwardDetailFragment) => void
  readonly onAsking: (asking: boolean) => void
}

/** What the award's state allows, for who may do it. */
export function AwardActions({ award, onBulk, onAsking }: AwardActionsProps) {
  const { t } = useTranslation('awards')
  const may = useMay('FULFIL')
  const [asked, setAsked] = useState<OneAction | null>(null)
  if (!may) return null
  const ask = (action: OneAction | null) => {
    setAsked(action)
    onAsking(action !== null)
  }
  const one = ONE_ACTIONS.filter((action) => mayHappen(action, award.status))
  const many = BULK.filter((action) => mayHappen(action, award.status))
  if (one.length + many.length === 0 && asked === null) return null
  return (
    <Group gap="xs">
      {one.map((action) => (
        <Button key={action} size="xs" variant={action === 'fulfilled' ? 'filled' : 'default'} onClick={() => { ask(action) }}>{t(`action.${action}`)}</Button>
      ))}
      {many.map((action) => <Button key={action} size="xs" variant="default" onClick={() => { onBulk(action, award) }}>{t(`action.${action}`)}</Button>)}
      {asked !== null && <OneForm action={asked} award={award} onClose={() => { ask(null) }} />}
    </Group>
  )
}
