import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  title: '历次变更',
  inLog: '在审计日志中查看',
  empty: '还没有变更',
  emptyText: '此活动的每次变更都会列在这里，包括操作者与变更前的内容。',
  by: '操作者：{{who}}',
  system: '系统',
  version: '版本 {{version}}',
  why: '原因：{{reason}}',
  approved: '由 {{who}} 提出，已获批准。',
  request: '查看审批请求',
  more_one: '其余 {{count}} 个字段',
  more_other: '其余 {{count}} 个字段',
  less: '收起',
  rollBack: '回滚…',
  rollBackWhat: '回滚版本 {{version}}',
  rollBackText: '以该次变更之前的值生成新版本，其后对其他字段的修改保持不变。',
  nothingBack: '该次变更的内容均已固定，无法回滚。',
  kept: '以下内容已固定，保持不变：',
  reason: '回滚版本 {{version}}',
}

export default zh
