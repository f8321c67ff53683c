import { useTranslation } from 'react-i18next'
import type { Role } from '../../../generated/graphql.js'
import type { Difference } from '../../../lib/three-way.js'
import type { DiffRow } from '../../../ui/diff-row.js'
import { KINDS, shownAbove } from './policy-fields.js'

const kindOf = (field: string) => KINDS.find((kind) => kind === field)

/** The policy's fields and their values, as they are told where two versions are held against each other. */
export function usePolicyWords() {
  const { t, i18n } = useTranslation(['settings', 'approvals', 'common'])
  const number = (value: number) => new Intl.NumberFormat(i18n.language, { maximumFractionDigits: 7 }).format(value)
  const name = (field: string): string => {
    const kind = kindOf(field)
    if (kind !== undefined) return t('settings:policy.approvalOf', { kind: t(`approvals:kind.${kind}`) })
    return t(field === 'publishers' ? 'settings:policy.publishers' : field === 'approvalHours' ? 'settings:policy.approvalHours' : 'settings:policy.totpRequired')
  }
  const value = (field: string, given: unknown): string => {
    const kind = kindOf(field)
    if (kind !== undefined) {
      if (typeof given !== 'number') return t('settings:policy.notNeeded')
      return given === 0 ? t('settings:policy.always') : `${t('settings:policy.above')} ${number(shownAbove(kind, given))}${kind === 'PUBLISH' ? '' : t(`settings:policy.unit.${kind}`)}`
    }
    if (Array.isArray(given)) return (given as Role[]).map((role) => t(`common:role.${role}`)).join(', ')
    return typeof given === 'boolean' ? t(given ? 'settings:yes' : 'settings:no') : `${number(Number(given))}${t('settings:policy.hoursSuffix')}`
  }
  const row = ({ path, before, mine, theirs }: Difference): DiffRow =>
    ({ path, name: name(path), before: value(path, before), after: value(path, mine), theirs: value(path, theirs) })
  return { row }
}
