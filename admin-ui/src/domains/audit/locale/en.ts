const en = {
  nav: 'Audit log',
  text: 'Who changed what. Entries follow from one another: none can be changed unseen.',
  head: 'Entry {{seq}} is the last one, and all before it follow from its hash:',
  hash: 'Hash',
  every: 'All',
  export: 'Download as CSV',
  empty: 'No entry fits',
  emptyText: 'Every change by an operator stands here, with what was and what became.',
  column: {
    seq: 'No.',
    at: 'When',
    action: 'Action',
    subject: 'Subject',
    actor: 'By',
    reason: 'Reason',
  },
  kind: {
    campaigns: 'Campaigns',
    operators: 'Operators',
    apiKeys: 'API keys',
    sessions: 'Sessions',
  },
  actor: {
    operator: 'Operator',
    system: 'The system',
  },
  before: 'Before',
  after: 'After',
  campaign: 'Campaign',
  openCampaign: 'Open the campaign',
  ip: 'Address',
  request: 'Request',
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { audit: typeof en }
}
