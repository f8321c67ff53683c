/** The namespaces in which screens have their names: whatever names more than one screen speaks all of them. */
export const SCREEN_NAMES = [
  'common', 'home', 'campaigns', 'apiKeys', 'risk', 'approvals', 'audit', 'session', 'awards', 'reconciliation', 'participants', 'operators',
  'account', 'settings', 'queues',
] as const
