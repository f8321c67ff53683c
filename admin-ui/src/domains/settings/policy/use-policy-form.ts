import { useForm } from '@mantine/form'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { run } from '../../../api/client.js'
import { isApiError } from '../../../api/errors.js'
import { SetTenantPolicyDocument, type PolicyFragment } from '../../../generated/graphql.js'
import { same } from '../../../lib/same.js'
import { differences, fieldsIn, mergedFields } from '../../../lib/three-way.js'
import { useToast } from '../../../ui/toast.js'
import { useFormErrors } from '../../../ui/use-form-errors.js'
import { isMoved, useTheirs } from '../../../ui/use-theirs.js'
import { ABOVE_MAX, fieldsOf, HOURS_MAX, patchOf, typedFields, valuesOf, type PolicyValues } from './policy-fields.js'
import { policyQuery } from './policy-query.js'

const within = (value: number | string, min: number, max: number) => value !== '' && Number(value) >= min && Number(value) <= max

/** The policy as it is typed, on top of the version that it was begun from; and what another owner made of it meanwhile. */
export function usePolicyForm(policy: PolicyFragment) {
  const { t } = useTranslation(['settings', 'common'])
  const client = useQueryClient()
  const toast = useToast()
  const [base, setBase] = useState(policy)
  const form = useForm<PolicyValues>({
    initialValues: valuesOf(fieldsOf(policy)),
    validate: {
      publishers: (roles) => (roles.length === 0 ? t('settings:policy.nobodyPublishes') : null),
      approvalHours: (hours) => (within(hours, 1, HOURS_MAX) ? null : t('settings:between', { min: 1, max: HOURS_MAX })),
      rules: (rules) => (Object.values(rules).every(({ on, above }) => !on || within(above, 0, ABOVE_MAX)) ? null : t('settings:policy.aboveMissing')),
    },
  })
  const place = useFormErrors(form)
  const { theirs, meet, forget } = useTheirs(() => client.fetchQuery({ ...policyQuery, staleTime: 0 }), place)
  const begin = (from: PolicyFragment, values = valuesOf(fieldsOf(from))) => {
    setBase(from)
    forget()
    form.setInitialValues(valuesOf(fieldsOf(from)))
    form.setValues(values)
    form.clearErrors()
  }
  const isUntouched = same(typedFields(form.values), fieldsOf(base))
  // A newer one that was read meanwhile, where nothing would be lost by showing it.
  useEffect(() => {
    if (isUntouched && policy.version > base.version) begin(policy)
  })
  const save = useMutation({
    mutationFn: async (values: PolicyValues) => {
      const patch = patchOf(fieldsOf(base), typedFields(values))
      return (await run(SetTenantPolicyDocument, { expectedVersion: base.version, patch })).setTenantPolicy
    },
    onSuccess: (after) => {
      client.setQueryData(policyQuery.queryKey, after)
      begin(after)
      toast.done(t('settings:policy.saved'))
    },
    onError: async (error) => {
      if (isApiError(error, 'APPROVAL_REQUIRED')) begin(base)
      if (isMoved(error, 'expectedVersion')) await meet(error)
      else place(error)
    },
  })
  const mine = typedFields(form.values)
  return {
    form, save, isUntouched,
    met: theirs === null ? null : differences(fieldsIn(fieldsOf(base)), fieldsIn(mine), fieldsIn(fieldsOf(theirs))),
    settle: (ofMine: ReadonlySet<string>) => { if (theirs !== null) begin(theirs, valuesOf(mergedFields(mine, fieldsOf(theirs), ofMine))) },
    postpone: forget,
    discard: () => { begin(base) },
  }
}
