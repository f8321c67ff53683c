import { IconKey } from '@tabler/icons-react'
import type { NavItem } from '../../app/nav-item.js'

export const apiKeysNav: NavItem = { to: '/api-keys', name: 'apiKeys', icon: IconKey, key: 'k', permission: 'READ_API_KEYS' }
