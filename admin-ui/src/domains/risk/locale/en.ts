const en = {
  nav: 'Risk lists',
  text: 'Whom no draw is taken from, and whom no rule stops.',
  add: 'Add entries',
  addText: 'In force on the very next draw.',
  addAction: 'Add to the list',
  every: 'All',
  empty: 'The list is empty',
  emptyText: 'Participants, devices and addresses that you block or allow are listed here.',
  column: {
    value: 'Value',
    subject: 'Subject',
    list: 'List',
    scope: 'Applies to',
    reason: 'Reason',
    createdAt: 'Added',
  },
  list: {
    BLOCK: 'Block',
    ALLOW: 'Allow',
  },
  listText: {
    BLOCK: 'Their draws are refused.',
    ALLOW: 'Never blocked, and no velocity rule applies to them.',
  },
  subject: {
    PARTICIPANT: 'Participant',
    DEVICE: 'Device',
    IP: 'IP address',
  },
  values: 'One to a line',
  valueHint: {
    PARTICIPANT: 'Ids of participants, as your app sends them.',
    DEVICE: 'Ids of devices.',
    IP: 'Addresses or CIDR ranges, v4 or v6.',
  },
  reasonHint: 'For whoever asks later. Kept in the audit log.',
  entries_one: '{{count}} entry',
  entries_other: '{{count}} entries',
  tooMany: 'At most {{count}} at once',
  added_one: '{{count}} entry added, {{existing}} were there already',
  added_other: '{{count}} entries added, {{existing}} were there already',
  everyCampaign: 'Every campaign',
  oneCampaign: 'One campaign',
  remove: 'Remove',
  removeWhat: 'Remove {{value}}',
  ask: 'Remove this entry?',
  effect: 'It no longer applies, from the very next draw on.',
  removed: '“{{value}}” is off the list',
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { risk: typeof en }
}
