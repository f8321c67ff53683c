const en = {
  title: 'How winners get their prizes',
  draft: 'Set with the draft until it is published',
  prize: 'Prize',
  kind: 'Kind',
  prizeKind: {
    PHYSICAL: 'Physical',
    COUPON_CODE: 'Coupon code',
    POINTS: 'Points',
    CASH: 'Cash',
    VIRTUAL: 'Virtual',
  },
  way: 'Fulfilment',
  change: 'Change',
  changeOf: 'Change the fulfilment of {{prize}}',
  formTitle: 'Fulfilment of {{prize}}',
  ways: {
    NONE: 'By yourself',
    WALLET: 'Wallet',
    WEBHOOK: 'Webhook',
    MANUAL: 'By hand',
  },
  waysText: {
    NONE: 'Awards stay granted here, and your own systems see to them.',
    WALLET: 'The award’s amount is credited to the participant’s balance, at once.',
    WEBHOOK: 'Each award is posted to an address of yours, signed, and tried again after 1, 3, 5, 10 and 20 minutes; then it has failed.',
    MANUAL: 'The winner gives an address; an operator sends the prize and marks the award fulfilled.',
  },
  url: 'Address',
  urlHint: 'HTTPS, without a user, a password or a fragment.',
  claim: 'Time to give an address',
  claimHint: 'From the draw on. Empty: no limit.',
  claimUnit: 'Unit of the time',
  units: {
    minutes: 'minutes',
    hours: 'hours',
    days: 'days',
  },
  spans: {
    minutes_one: '{{count}} minute',
    minutes_other: '{{count}} minutes',
    hours_one: '{{count}} hour',
    hours_other: '{{count}} hours',
    days_one: '{{count}} day',
    days_other: '{{count}} days',
  },
  withCode: 'The code comes with the win',
  noLimit: 'The address may be given at any time',
  claimBy: 'Address within {{span}}; then: {{fate}}',
  onExpiry: 'When nobody claims it in time',
  fates: {
    RETURN_TO_VAULT: 'The unit returns to the vault',
    WRITE_OFF: 'The unit is written off',
  },
  effect: 'Holds for awards that are not on their way yet, also after the campaign has ended. Awards on their way keep their kind and their time to claim; a new address holds for their next try.',
  save: 'Save',
  saved: 'The fulfilment of “{{prize}}” is changed',
}

export default en

declare module '../../../i18n/resources.js' {
  interface Resources { fulfilment: typeof en }
}
