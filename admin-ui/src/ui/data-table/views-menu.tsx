import { ActionIcon, Button, Group, Menu, Modal, Stack, Text, TextInput, Tooltip } from '@mantine/core'
import { IconBookmark, IconCheck, IconPlus, IconTrash } from '@tabler/icons-react'
import { useLocation, useNavigate } from '@tanstack/react-router'
import type { VisibilityState } from '@tanstack/react-table'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useToast } from '../toast.js'
import { sameView, useSavedViews } from './saved-views.js'

const NAME_CHARACTERS_MAX = 60

interface ViewsMenuProps {
  readonly table: string
  readonly columns: VisibilityState
  readonly onColumns: (columns: VisibilityState) => void
}

/** Names the filters, order and columns of this moment, and goes back to those that have a name. */
export function ViewsMenu({ table, columns, onColumns }: ViewsMenuProps) {
  const { t } = useTranslation()
  const toast = useToast()
  const navigate = useNavigate()
  const { page: _page, ...search } = useLocation({ select: (location) => location.search as Record<string, unknown> })
  const { views, save, forget } = useSavedViews(table)
  const [naming, setNaming] = useState(false)
  const now = { search, hidden: Object.keys(columns).filter((column) => columns[column] === false) }
  const current = views.find((view) => sameView(view, now))
  return (
    <>
      <Menu position="bottom-end" width={240}>
        <Tooltip label={t('views.title')}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" size="lg" aria-label={t('views.title')}><IconBookmark size={17} stroke={1.7} /></ActionIcon>
          </Menu.Target>
        </Tooltip>
        <Menu.Dropdown>
          <Menu.Label>{views.length === 0 ? t('views.none') : t('views.title')}</Menu.Label>
          {views.map((view) => (
            <Menu.Item
              key={view.name} aria-current={view === current || undefined}
              rightSection={view === current ? <IconCheck size={14} aria-hidden /> : undefined}
              onClick={() => {
                onColumns(Object.fromEntries(view.hidden.map((column) => [column, false])))
                void navigate({ to: '.', search: () => view.search as never })
              }}
            >
              <Text span inherit truncate>{view.name}</Text>
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item leftSection={<IconPlus size={15} aria-hidden />} onClick={() => { setNaming(true) }}>{t('views.save')}</Menu.Item>
          {current !== undefined && (
            <Menu.Item leftSection={<IconTrash size={15} aria-hidden />} onClick={() => {
              forget(current.name)
              toast.undoable(t('views.forgotten', { name: current.name }), () => {
                save(current)
                return Promise.resolve()
              })
            }}>
              {t('views.forget', { name: current.name })}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={naming} onClose={() => { setNaming(false) }} title={<Text fw={600} span>{t('views.save')}</Text>} closeButtonProps={{ 'aria-label': t('actions.close') }}>
        <NameView onCancel={() => { setNaming(false) }} onName={(name) => {
          save({ name, ...now })
          setNaming(false)
          toast.done(t('views.saved', { name }))
        }} />
      </Modal>
    </>
  )
}

function NameView({ onName, onCancel }: { onName: (name: string) => void; onCancel: () => void }) {
  const { t } = useTranslation()
  const [name, setName] = useState('')
  return (
    <form onSubmit={(event) => {
      event.preventDefault()
      if (name.trim() !== '') onName(name.trim())
    }}>
      <Stack gap="md">
        <TextInput
          data-autofocus autoComplete="off" label={t('views.name')} description={t('views.hint')} maxLength={NAME_CHARACTERS_MAX}
          value={name} onChange={(event) => { setName(event.currentTarget.value) }}
        />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>{t('actions.cancel')}</Button>
          <Button type="submit" disabled={name.trim() === ''}>{t('views.action')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
