import { IconHome } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const homeNav: NavItem = { to: '/', name: 'home', icon: IconHome, key: 'h', permission: 'READ' }
