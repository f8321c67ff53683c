import { IconShieldHalf } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const riskNav: NavItem = { to: '/risk', name: 'risk', icon: IconShieldHalf, key: 'r', permission: 'READ' }
