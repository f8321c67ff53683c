import { IconScale } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const reconciliationNav: NavItem = { to: '/reconciliation', name: 'reconciliation', icon: IconScale, key: 'b', permission: 'READ' }
