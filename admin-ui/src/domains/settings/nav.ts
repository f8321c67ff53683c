import { IconAdjustments } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const settingsNav: NavItem = { to: '/settings', name: 'settings', icon: IconAdjustments, key: 's', permission: 'READ' }
