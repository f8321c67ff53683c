import { IconChecks } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const approvalsNav: NavItem = { to: '/approvals', name: 'approvals', icon: IconChecks, key: 'a', permission: 'READ' }
