import { IconStack2 } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const queuesNav: NavItem = { to: '/queues', name: 'queues', icon: IconStack2, key: 'q', permission: 'READ_QUEUES' }
