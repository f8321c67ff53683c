import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type en from './locale/en.js'

type Action = keyof typeof en.action
type Subject = keyof typeof en.subjectKind

const keyOf = (name: string) => name.replaceAll(/[.-]/g, '_')

/** What entries of the log call an action or a subject, in the reader's language; one of a newer server as it is. */
export function useAuditWords(): { action: (name: string) => string; subject: (name: string) => string } {
  const { t, i18n } = useTranslation('audit')
  return useMemo(() => ({
    action: (name) => (i18n.exists(`audit:action.${keyOf(name)}`) ? t(`action.${keyOf(name) as Action}`) : name),
    subject: (name) => (i18n.exists(`audit:subjectKind.${keyOf(name)}`) ? t(`subjectKind.${keyOf(name) as Subject}`) : name),
  }), [t, i18n])
}
