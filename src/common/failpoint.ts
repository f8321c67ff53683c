/**
 * The places at which the fault suite kills or stops this process, or makes it fail: each just before or after something
 * becomes true outside of it. What stands in them costs nothing: only a test build puts something in the place of this file.
 */
export const FAILPOINTS = [
  'decide.before', 'decide.after',
  'win.before_commit', 'win.after_commit',
  'settle.before_commit', 'settle.after_commit', 'settle.before_trim', 'settle.after_trim',
  'transfer.after_take', 'transfer.after_put', 'transfer.after_done',
  'release.before_apply', 'release.after_apply', 'release.after_mark',
  'recovery.fenced', 'recovery.gates_closed', 'recovery.drained', 'recovery.epoch_begun', 'recovery.orphans_settled',
  'recovery.stock_written', 'recovery.participants_written', 'recovery.tickets_written', 'recovery.epoch_ended',
  'recovery.gates_open', 'recovery.before_vouch',
  'event.before_send', 'event.before_commit', 'event.after_commit', 'event.before_confirm',
] as const

export type Failpoint = (typeof FAILPOINTS)[number]

/** Nothing happens here. */
export function failpoint(_name: Failpoint): void {
  // See test/faults/world/failpoint-armed.ts.
}
