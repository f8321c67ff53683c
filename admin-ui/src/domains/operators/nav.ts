import { IconUsers } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const operatorsNav: NavItem = { to: '/operators', name: 'operators', icon: IconUsers, key: 'o', permission: 'MANAGE_OPERATORS' }
