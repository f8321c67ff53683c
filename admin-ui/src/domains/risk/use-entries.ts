import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { run } from '../../api/client.js'
import { AddRiskEntryDocument, RemoveRiskEntryDocument, type RiskEntryInput, type RiskRowFragment } from '../../generated/graphql.js'
import { useToast } from '../../ui/toast.js'
import { RISK_KEY } from './lists.js'

const inputOf = ({ campaignId, list, subject, value, reason }: RiskRowFragment): RiskEntryInput =>
  ({ campaignId: campaignId ?? null, list, subject, value, reason })

/** One entry put on a list, or taken off it: each told with a button that takes it back, by the other. */
export function useEntries() {
  const { t } = useTranslation('risk')
  const client = useQueryClient()
  const toast = useToast()
  const refresh = () => client.invalidateQueries({ queryKey: RISK_KEY })
  const put = async (input: RiskEntryInput) => (await run(AddRiskEntryDocument, { input })).addRiskEntry
  const take = async (id: string) => (await run(RemoveRiskEntryDocument, { id })).removeRiskEntry
  const add = useMutation({
    mutationFn: put,
    onSuccess: async (entry) => {
      toast.undoable(t(`done.${entry.list}`, { value: entry.value }), async () => {
        await take(entry.id)
        toast.done(t('removed', { value: entry.value }))
        await refresh()
      })
      await refresh()
    },
  })
  const remove = useMutation({
    mutationFn: take,
    onSuccess: async (entry) => {
      toast.undoable(t('removed', { value: entry.value }), async () => {
        await put(inputOf(entry))
        toast.done(t(`done.${entry.list}`, { value: entry.value }))
        await refresh()
      })
      await refresh()
    },
  })
  return { add, remove }
}
