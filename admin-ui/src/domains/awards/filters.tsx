import { CloseButton, Select, TextInput } from '@mantine/core'
import { IconUser } from '@tabler/icons-react'
import { useTranslation } from 'react-i18next'
import { useTypedText } from '../../ui/use-typed-text.js'
import { STATUSES } from './awards.js'
import type { AwardsView } from './view.js'

const ID_CHARACTERS_MAX = 128

interface AwardFiltersProps {
  readonly prizes: ReadonlyArray<{ readonly id: string; readonly name: string }>
  readonly view: AwardsView
  readonly onFilter: (next: Pick<AwardsView, 'status' | 'prize' | 'participant'>) => void
}

export function AwardFilters({ prizes, view, onFilter }: AwardFiltersProps) {
  const { t } = useTranslation(['awards', 'common'])
  const [typed, type] = useTypedText(view.participant, (participant) => { onFilter({ participant }) })
  const clear = { 'aria-label': t('common:actions.clear') }
  return (
    <>
      <TextInput
        data-search w={220} placeholder={t('awards:participant')} aria-label={t('awards:participant')} maxLength={ID_CHARACTERS_MAX}
        value={typed} onChange={(event) => { type(event.currentTarget.value) }} leftSection={<IconUser size={15} aria-hidden />}
        rightSection={typed === '' ? undefined : <CloseButton size="sm" {...clear} onClick={() => { type('') }} />}
      />
      <Select
        w={150} placeholder={t('awards:anyStatus')} aria-label={t('awards:column.status')} clearable clearButtonProps={clear}
        value={view.status ?? null} data={STATUSES.map((value) => ({ value, label: t(`awards:status.${value}`) }))}
        onChange={(value) => { onFilter({ status: STATUSES.find((each) => each === value) }) }}
      />
      <Select
        w={180} placeholder={t('awards:anyPrize')} aria-label={t('awards:column.prize')} clearable clearButtonProps={clear} searchable
        value={view.prize ?? null} data={prizes.map(({ id, name }) => ({ value: id, label: name }))}
        onChange={(value) => { onFilter({ prize: value ?? undefined }) }}
      />
    </>
  )
}
