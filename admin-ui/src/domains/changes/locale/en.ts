const en = {
  title: 'What was changed',
  inLog: 'In the audit log',
  empty: 'No changes yet',
  emptyText: 'Every change of this campaign will stand here, with who made it and what it was before.',
  by: 'by {{who}}',
  system: 'the system',
  version: 'Version {{version}}',
  why: 'Reason: {{reason}}',
  approved: 'Asked for by {{who}}, and approved.',
  request: 'See the request',
  more_one: '{{count}} more field',
  more_other: '{{count}} more fields',
  less: 'Fewer fields',
  rollBack: 'Roll back…',
  rollBackWhat: 'Roll back version {{version}}',
  rollBackText: 'The values from before that change become a new version. What was changed since in other fields stays.',
  nothingBack: 'Nothing of this change may be taken back: it is fixed by now.',
  kept: 'Fixed by now, and left as it is:',
  reason: 'Rolls back version {{version}}',
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { changes: typeof en }
}
