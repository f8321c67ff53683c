const en = {
  granted: 'Granted',
  changeStock: 'Change stock',
  changeStockOf: 'Change stock of {{prize}}',
  inTransit_one: '{{count}} unit is on its way between the vault and the buckets: it arrives within seconds.',
  inTransit_other: '{{count}} units are on their way between the vault and the buckets: they arrive within seconds.',
  buckets_one: '{{count}} bucket · {{least}} to {{most}} units',
  buckets_other: '{{count}} buckets · {{least}} to {{most}} units',
  emptyBuckets_one: '{{count}} is empty; its draws fetch from the others',
  emptyBuckets_other: '{{count}} are empty; their draws fetch from the others',
  change: {
    title: 'Stock of {{prize}}',
    way: 'What to do',
    add: 'Add stock',
    takeBack: 'Take back',
    release: 'Release from the vault',
    effect: {
      add: 'The prize is granted so many more units, which can be won at once.',
      takeBack: 'So many units leave the campaign: from the vault where it has them all, else from the buckets. What was won stays won.',
      release: 'Units that lie in the vault, and that no step of the schedule waits for, go into the buckets.',
    },
    units: 'Units',
    unitsNeeded: 'A whole number, at least 1',
    reason: 'Reason',
    reasonHint: 'Kept in the audit log.',
    done: 'Done',
    doneText: 'As the server says. Draws go on meanwhile, so the figures move by themselves too.',
    place: 'Units',
    before: 'When you opened this',
    after: 'Now',
  },
  grow: {
    action: 'Add buckets',
    title: 'More buckets for this campaign?',
    effect: 'The campaign is rebuilt with more buckets. For some seconds its draws answer RECOVERING, and the same keys succeed after that; nothing is lost. Buckets are never taken away again.',
    count_one: 'Buckets (now {{count}})',
    count_other: 'Buckets (now {{count}})',
    growing_one: 'Growing to {{count}} bucket. Draws answer RECOVERING for some seconds…',
    growing_other: 'Growing to {{count}} buckets. Draws answer RECOVERING for some seconds…',
  },
  release: {
    title: 'Release schedule',
    progress: '{{released}} of {{total}} released',
    next: 'next {{when}}: {{units}}',
    stepsOf: 'Release steps of {{prize}}',
    step: 'Step {{no}}: {{units}} units',
    voided: '{{units}} went back to the vault',
    showAll_one: 'Show {{count}} step',
    showAll_other: 'Show all {{count}} steps',
    state: {
      PENDING: 'To come',
      RELEASED: 'Released into the buckets',
      SKIPPED: 'Skipped: it came so late that the next step’s turn was first',
      CANCELLED: 'Cancelled: the campaign ended before, or its units were taken back',
    },
  },
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { inventory: typeof en }
}
