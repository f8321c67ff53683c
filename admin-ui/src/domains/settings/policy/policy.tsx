import { useQuery } from '@tanstack/react-query'
import { LoadingRows } from '../../../ui/loading.js'
import { ErrorState } from '../../../ui/states.js'
import { PolicyForm } from './policy-form.js'
import { policyQuery } from './policy-query.js'

export function PolicySettings() {
  const { data, error, refetch } = useQuery(policyQuery)
  if (data !== undefined) return <PolicyForm policy={data} />
  return error === null ? <LoadingRows /> : <ErrorState error={error} retry={() => { void refetch() }} />
}
