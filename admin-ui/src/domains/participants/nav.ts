import { IconUserSearch } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const participantsNav: NavItem = { to: '/participants', name: 'participants', icon: IconUserSearch, key: 'p', permission: 'READ' }
