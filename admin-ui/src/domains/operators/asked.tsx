import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import {
  DisableOperatorDocument, EnableOperatorDocument, IssuePasswordResetDocument, ResetOperatorTotpDocument, type OperatorRowFragment,
} from '../../generated/graphql.js'
import { ConfirmByName } from '../../ui/confirm-by-name.js'
import { useErrorText } from '../../ui/error-text.js'
import { useToast } from '../../ui/toast.js'
import { ChangeRole } from './change-role.js'
import { type GivenLink, LinkWindow } from './link-window.js'

export type Action = 'role' | 'password' | 'factor' | 'enable' | 'disable'
export interface Question { readonly action: Action; readonly operator: OperatorRowFragment }

const DOCUMENTS = { factor: ResetOperatorTotpDocument, enable: EnableOperatorDocument, disable: DisableOperatorDocument } as const

interface AskedProps {
  readonly question: Question | null
  /** Of the one that it is about: the tenant would be without an owner. */
  readonly isLastOwner: boolean
  readonly onClose: () => void
  readonly onDone: () => Promise<unknown>
}

/** What is about to be done to an operator: asked by name, done, and told. */
export function Asked({ question, isLastOwner, onClose, onDone }: AskedProps) {
  const { t } = useTranslation('operators')
  const toast = useToast()
  const text = useErrorText()
  const [link, setLink] = useState<GivenLink | null>(null)
  const close = () => {
    change.reset()
    onClose()
  }
  /** As before, but for his sessions, which have ended. */
  const enable = async (id: string, name: string) => {
    await run(EnableOperatorDocument, { id })
    toast.done(t('done.enable', { name }))
    await onDone()
  }
  const change = useMutation({
    mutationFn: async ({ action, operator: { id, email } }: Question): Promise<GivenLink | null> => {
      if (action === 'role') throw new Error('A role is changed in a window of its own')
      if (action !== 'password') {
        await run(DOCUMENTS[action], { id })
        return null
      }
      return { email, ...(await run(IssuePasswordResetDocument, { operatorId: id })).issuePasswordReset }
    },
    onSuccess: async (issued, { action, operator: { id, name } }) => {
      if (action === 'disable') toast.undoable(t('done.disable', { name }), () => enable(id, name))
      else if (issued === null && action !== 'role' && action !== 'password') toast.done(t(`done.${action}`, { name }))
      setLink(issued)
      close()
      await onDone()
    },
  })
  const asked = question !== null && question.action !== 'role' ? { ...question, action: question.action } : null
  return (
    <>
      <ChangeRole
        operator={question?.action === 'role' ? question.operator : null} isLastOwner={isLastOwner} onClose={close} onDone={onDone}
      />
      <ConfirmByName
        opened={asked !== null} onClose={close} name={asked?.operator.name ?? ''}
        danger={asked?.action === 'disable' || asked?.action === 'factor'}
        title={asked === null ? '' : t(`ask.${asked.action}`)} action={asked === null ? '' : t(`confirm.${asked.action}`)}
        busy={change.isPending} error={change.error === null ? undefined : text(change.error).detail}
        onConfirm={() => { if (asked !== null) change.mutate(asked) }}
      >
        {asked !== null && t(`effect.${asked.action}`, { email: asked.operator.email })}
      </ConfirmByName>
      <LinkWindow kind="reset" link={link} onClose={() => { setLink(null) }} />
    </>
  )
}
