import { useTranslation } from 'react-i18next'
import type { Difference } from '../../lib/three-way.js'
import type { DiffRow } from '../../ui/diff-row.js'
import { diffRows, type Sides } from './diff-words.js'

/** Differences as their reader sees them: a time with the zone that it is by, which the other side may have changed. */
export function useDiffRows(found: readonly Difference[], of: Sides): DiffRow[] {
  const { t, i18n } = useTranslation(['wizard', 'campaigns'])
  return diffRows(found, of, t, i18n.language)
}
