import { IconTicket } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const campaignsNav: NavItem = { to: '/campaigns', name: 'campaigns', icon: IconTicket, key: 'c', permission: 'READ' }
