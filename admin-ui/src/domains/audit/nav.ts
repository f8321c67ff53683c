import { IconHistory } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const auditNav: NavItem = { to: '/audit', name: 'audit', icon: IconHistory, key: 'l', permission: 'READ_AUDIT_LOG' }
