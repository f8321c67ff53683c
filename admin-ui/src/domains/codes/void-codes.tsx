import { Stack, TextInput } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { VoidCodesDocument, type CodePoolStateFragment } from '../../generated/graphql.js'
import { count } from '../../lib/format.js'
import { ConfirmByName } from '../../ui/confirm-by-name.js'
import { useErrorText } from '../../ui/error-text.js'
import { useToast } from '../../ui/toast.js'
import { CODES_KEY } from './queries.js'

const REASON_CHARACTERS_MAX = 500

/** Takes all codes that nobody has out of the pool, for good: asks for the prize's name, and for a reason. */
export function VoidCodes({ pool: { prize, free }, onClose }: { pool: CodePoolStateFragment; onClose: () => void }) {
  const { t, i18n } = useTranslation(['codes', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const text = useErrorText()
  const [reason, setReason] = useState('')
  const [missing, setMissing] = useState(false)
  const change = useMutation({
    mutationFn: () => run(VoidCodesDocument, { prizeId: prize.id, reason: reason.trim() }),
    onSuccess: async () => {
      toast.done(t('codes:void.done', { prize: prize.name }))
      await client.invalidateQueries({ queryKey: CODES_KEY })
      onClose()
    },
  })
  return (
    <ConfirmByName
      opened onClose={onClose} title={t('codes:void.title')} action={t('codes:void.action')} name={prize.name} danger busy={change.isPending}
      error={change.error === null ? undefined : text(change.error).detail}
      onConfirm={() => {
        setMissing(reason.trim() === '')
        if (reason.trim() !== '') change.mutate()
      }}
    >
      <Stack gap="md">
        <span>{t('codes:void.effect', { count: free, codes: count(free, i18n.language) })}</span>
        <TextInput
          label={t('codes:void.reason')} description={t('codes:void.reasonHint')} maxLength={REASON_CHARACTERS_MAX} value={reason}
          error={missing && t('common:form.required')} onChange={(event) => { setReason(event.currentTarget.value) }}
        />
      </Stack>
    </ConfirmByName>
  )
}
