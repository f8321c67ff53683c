import type { Icon } from '@tabler/icons-react'
import type { LinkProps } from '@tanstack/react-router'
import type { Permission } from '../generated/graphql.js'

export interface NavItem {
  readonly to: NonNullable<LinkProps['to']>
  /** Its name is `<name>:nav` in every language. */
  readonly name: 'home' | 'campaigns' | 'risk' | 'apiKeys' | 'approvals' | 'audit' | 'awards' | 'reconciliation' | 'participants' | 'operators' | 'settings' | 'queues'
  readonly icon: Icon
  /** After `g`. */
  readonly key: string
  readonly permission: Permission
}
