import { CloseButton, SegmentedControl, TextInput, Tooltip } from '@mantine/core'
import { IconKey, IconRoute, IconUser } from '@tabler/icons-react'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTypedText } from '../../ui/use-typed-text.js'
import { OUTCOMES, type DrawsView } from './view.js'

const ID_CHARACTERS_MAX = 128
type Filter = Pick<DrawsView, 'participant' | 'key' | 'outcome'>

interface DrawFiltersProps {
  readonly view: DrawsView
  readonly onFilter: (next: Filter) => void
  readonly onOpen: (draw: string) => void
}

/** By participant, by one of the participant's idempotency keys, by outcome; and straight to a draw by its id, or its award's. */
export function DrawFilters({ view, onFilter, onOpen }: DrawFiltersProps) {
  const { t } = useTranslation(['draws', 'common'])
  // A key means nothing without its participant.
  const [participant, typeParticipant] = useTypedText(view.participant, (who) => {
    onFilter({ participant: who, ...(who === undefined ? { key: undefined } : {}) })
  })
  const [key, typeKey] = useTypedText(view.key, (text) => { onFilter({ key: text }) })
  const [id, setId] = useState('')
  const clear = (text: string, type: (text: string) => void) =>
    (text === '' ? undefined : <CloseButton size="sm" aria-label={t('common:actions.clear')} onClick={() => { type('') }} />)
  return (
    <>
      <TextInput
        data-search w={200} placeholder={t('draws:participant')} aria-label={t('draws:participant')} maxLength={ID_CHARACTERS_MAX} value={participant}
        leftSection={<IconUser size={15} aria-hidden />}
        rightSection={clear(participant, typeParticipant)} onChange={(event) => { typeParticipant(event.currentTarget.value) }}
      />
      <Tooltip label={t('draws:keyHint')} disabled={participant.trim() !== ''}>
        <TextInput
          w={180} placeholder={t('draws:key')} aria-label={t('draws:key')} maxLength={ID_CHARACTERS_MAX}
          disabled={participant.trim() === ''} value={key} leftSection={<IconKey size={15} aria-hidden />}
          rightSection={clear(key, typeKey)} onChange={(event) => { typeKey(event.currentTarget.value) }}
        />
      </Tooltip>
      <SegmentedControl
        size="xs" aria-label={t('draws:column.outcome')} value={view.outcome ?? ''}
        data={[{ value: '', label: t('draws:every') }, ...OUTCOMES.map((value) => ({ value, label: t(`draws:outcome.${value}`) }))]}
        onChange={(value) => { onFilter({ outcome: OUTCOMES.find((each) => each === value) }) }}
      />
      <form onSubmit={(event) => {
        event.preventDefault()
        // An award's id is its draw's behind an A.
        const draw = id.trim().replace(/^A(?=.{21}$)/, '')
        if (draw !== '') onOpen(draw)
      }}>
        <Tooltip label={t('draws:byIdHint')}>
          <TextInput
            w={220} placeholder={t('draws:byId')} aria-label={t('draws:byId')} maxLength={ID_CHARACTERS_MAX} value={id}
            leftSection={<IconRoute size={15} aria-hidden />}
            onChange={(event) => { setId(event.currentTarget.value) }}
          />
        </Tooltip>
      </form>
    </>
  )
}
