import { useId } from 'react'
import { useTranslation } from 'react-i18next'
import type { DiffRow } from './diff-row.js'
import classes from './field-diff.module.css'

export type Side = 'mine' | 'theirs'

interface FieldDiffProps {
  readonly label: string
  readonly rows: readonly DiffRow[]
  /** By path; a row that is not in it is still to be chosen. */
  readonly chosen: ReadonlyMap<string, Side>
  readonly onChoose: (path: string, side: Side) => void
}

/** Two versions of the same thing, field by field: what both began from, and which of the two is to hold. */
export function FieldDiff({ label, rows, chosen, onChoose }: FieldDiffProps) {
  const { t } = useTranslation()
  const group = useId()
  return (
    <div className={classes.scroll} role="region" aria-label={label} tabIndex={0}>
      <table className={classes.diff}>
        <thead><tr><th>{t('diff.field')}</th><th>{t('diff.before')}</th><th>{t('diff.theirs')}</th><th>{t('diff.mine')}</th></tr></thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.path} className={chosen.has(row.path) ? undefined : classes.open}>
              <td>{row.label}</td>
              <td><Value value={row.before} /></td>
              {(['theirs', 'mine'] as const).map((side) => (
                <td key={side}>
                  <label className={classes.side}>
                    <input
                      type="radio" name={`${group}-${row.path}`} checked={chosen.get(row.path) === side} onChange={() => { onChoose(row.path, side) }}
                      aria-label={t(side === 'mine' ? 'diff.takeMine' : 'diff.takeTheirs', { field: row.label })}
                    />
                    <Value value={row[side]} />
                  </label>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Value({ value }: { value: string | null }) {
  const { t } = useTranslation()
  return value === null ? <span className={classes.none}>{t('diff.none')}</span> : <span className={classes.value}>{value}</span>
}
