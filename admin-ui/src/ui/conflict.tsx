import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import type { Difference, Side } from '../lib/three-way.js'
import { Diff } from './diff.js'
import type { DiffRow } from './diff-row.js'

interface ConflictProps {
  /** Null: nobody was first. */
  readonly found: readonly Difference[] | null
  /** As many of them, in words. */
  readonly rows: readonly DiffRow[]
  /** Other words than the usual ones, which speak of no thing in particular. */
  readonly title?: string
  readonly text?: string
  /** The fields in which mine is to hold; in the others theirs does. Nothing is saved by it. */
  readonly onSettle: (ofMine: ReadonlySet<string>) => void
  /** Back to what was typed, with nothing decided. */
  readonly onLater: () => void
}

/** Somebody else saved first: field by field, which of the two is to hold. Nothing of theirs was overwritten. */
export function ConflictWindow({ title, ...props }: ConflictProps) {
  const { t } = useTranslation()
  const { found, onLater } = props
  const name = title ?? t('conflict.title')
  return (
    <Modal opened={found !== null} onClose={onLater} size="xl" title={<Text fw={600} span>{name}</Text>} closeButtonProps={{ 'aria-label': t('actions.close') }}>
      {found !== null && <Choice key={JSON.stringify(found)} {...props} name={name} found={found} />}
    </Modal>
  )
}

/** What one of the two alone has changed is chosen already. */
const clear = (found: readonly Difference[]) =>
  new Map<string, Side>(found.flatMap(({ path, by }) => (by === 'both' ? [] : [[path, by === 'me' ? 'mine' : 'theirs']])))

function Choice({ name, text, found, rows, onSettle, onLater }: Omit<ConflictProps, 'found' | 'title'> & { readonly name: string; readonly found: readonly Difference[] }) {
  const { t } = useTranslation()
  const [chosen, setChosen] = useState<ReadonlyMap<string, Side>>(() => clear(found))
  const all = (side: Side) => { setChosen(new Map(found.map(({ path }) => [path, side]))) }
  const open = found.filter(({ path }) => !chosen.has(path)).length
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">{text ?? t('conflict.text')}</Text>
      <Group gap="xs">
        <Button size="xs" variant="default" onClick={() => { all('theirs') }}>{t('conflict.allTheirs')}</Button>
        <Button size="xs" variant="default" onClick={() => { all('mine') }}>{t('conflict.allMine')}</Button>
      </Group>
      <Diff label={name} rows={rows} choice={{ chosen, onChoose: (path, side) => { setChosen(new Map(chosen).set(path, side)) } }} />
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status">{t(open === 0 ? 'conflict.all' : 'conflict.open', { count: open })}</Text>
        <Group gap="xs">
          <Button variant="default" onClick={onLater}>{t('conflict.later')}</Button>
          <Button disabled={open > 0} onClick={() => { onSettle(new Set([...chosen].flatMap(([path, side]) => (side === 'mine' ? [path] : [])))) }}>{t('conflict.settle')}</Button>
        </Group>
      </Group>
    </Stack>
  )
}
