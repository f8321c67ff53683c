import { useQuery } from '@tanstack/react-query'
import { useMay, useMe } from '../../session/session.js'
import { policyQuery } from '../settings/policy/policy-query.js'

/** Whether the reader may publish: by the role, and as long as the tenant's policy is not known to let others alone. */
export function useMayPublish(): boolean {
  const { role } = useMe()
  const may = useMay('APPROVE')
  const { data } = useQuery({ ...policyQuery, enabled: may })
  return may && data?.publishers.includes(role) !== false
}
