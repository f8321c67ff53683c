import type { ReactNode } from 'react'
import type { Tone } from './badge.js'
import { DateTime } from './date-time.js'
import classes from './timeline.module.css'

/** What happened, or is to happen, one below the other. */
export const Timeline = ({ label, children }: { label: string; children: ReactNode }) =>
  <ol className={classes.timeline} aria-label={label}>{children}</ol>

interface MomentProps {
  readonly tone: Tone
  readonly title: ReactNode
  readonly at?: string | null | undefined
  readonly zone?: string
  /** It has not happened yet: its mark is hollow. */
  readonly open?: boolean
  readonly children?: ReactNode
}

export function Moment({ tone, title, at, zone, open = false, children }: MomentProps) {
  return (
    <li className={classes.moment} data-tone={tone} data-open={open || undefined}>
      <div className={classes.title}>
        <b>{title}</b>
        {at != null && <span><DateTime value={at} {...(zone === undefined ? {} : { zone })} /></span>}
      </div>
      {children !== undefined && <div className={classes.text}>{children}</div>}
    </li>
  )
}
