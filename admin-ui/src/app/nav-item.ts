import type { Icon } from '@tabler/icons-react'
import type { LinkProps } from '@tanstack/react-router'
import type { Permission } from '../generated/graphql.js'
import type { SCREEN_NAMES } from '../i18n/screen-names.js'

export interface NavItem {
  readonly to: NonNullable<LinkProps['to']>
  /** Its name is `<name>:nav` in every language. */
  readonly name: Exclude<(typeof SCREEN_NAMES)[number], 'common' | 'session' | 'account'>
  readonly icon: Icon
  /** After `g`. */
  readonly key: string
  readonly permission: Permission
}
