import { IconAward } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const awardsNav: NavItem = { to: '/awards', name: 'awards', icon: IconAward, key: 'w', permission: 'READ' }
