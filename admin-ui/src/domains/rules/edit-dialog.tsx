import { Button, Group, Stack } from '@mantine/core'
import { IconPencil } from '@tabler/icons-react'
import { type ReactNode, useCallback, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { ChangeRulesDocument, type RuledCampaignFragment, type UpdateCampaignInput } from '../../generated/graphql.js'
import { diffOf } from '../../lib/diff.js'
import { FormWindow, useFormWindow } from '../../ui/form-window.js'
import { comparable } from './inputs.js'
import { Review } from './review.js'

export interface EditorProps {
  /** As it was when the editor was opened: what is read meanwhile is not put under his hands. */
  readonly base: RuledCampaignFragment
  readonly onClose: () => void
}

interface EditButtonProps {
  readonly campaign: RuledCampaignFragment
  /** Of the window, and of the button for who cannot see where it stands. */
  readonly title: string
  readonly editor: (props: EditorProps) => ReactNode
  readonly label?: string
}

/** A button, and the window behind it with a form that begins anew each time. */
export function EditButton({ campaign, title, editor: Editor, label }: EditButtonProps) {
  const { t } = useTranslation('rules')
  const [base, setBase] = useState<RuledCampaignFragment | null>(null)
  const close = useCallback(() => { setBase(null) }, [])
  return (
    <>
      <Button
        size="compact-sm" variant="default" leftSection={<IconPencil size={14} aria-hidden />} aria-label={title}
        onClick={() => { setBase(campaign) }}
      >
        {label ?? t('edit')}
      </Button>
      <FormWindow opened={base !== null} onClose={close} title={title}>
        {base !== null && <Editor base={base} onClose={close} />}
      </FormWindow>
    </>
  )
}

interface EditFormProps extends EditorProps {
  /** Null while what is typed makes no sense. */
  readonly patch: UpdateCampaignInput | null
  readonly children: ReactNode
}

/** Only what is another than it was: the rest is not this editor's to say. */
function changedOnly(base: RuledCampaignFragment, patch: UpdateCampaignInput): UpdateCampaignInput {
  const before = comparable(base)
  return Object.fromEntries(Object.entries(patch).filter(([name, value]) => diffOf(before[name], value).length > 0))
}

/** A form, then what it would change, then the change. */
export function EditForm({ base, onClose, patch, children }: EditFormProps) {
  const { t } = useTranslation(['rules', 'common'])
  const [reviewing, setReviewing] = useState(false)
  const cancel = useFormWindow(patch === null || Object.keys(changedOnly(base, patch)).length > 0)
  if (reviewing && patch !== null) {
    const changed = changedOnly(base, patch)
    return (
      <Review
        base={base} after={changed as Partial<RuledCampaignFragment>} onBack={() => { setReviewing(false) }} onDone={onClose}
        send={async (onto) => (await run(ChangeRulesDocument, { id: base.id, expectedVersion: onto.version, patch: changed })).result}
      />
    )
  }
  return (
    <form noValidate onSubmit={(event) => {
      event.preventDefault()
      if (patch !== null) setReviewing(true)
    }}>
      <Stack gap="md">
        {children}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={cancel}>{t('common:actions.cancel')}</Button>
          <Button type="submit" disabled={patch === null}>{t('rules:review')}</Button>
        </Group>
      </Stack>
    </form>
  )
}
