import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  nav: '风控名单',
  text: '禁止抽奖与免于风控的名单。',
  add: '添加条目',
  addText: '从下一次抽奖起生效。',
  addAction: '加入名单',
  every: '全部',
  empty: '名单为空',
  emptyText: '你禁止或放行的用户、设备和地址会列在这里。',
  column: {
    value: '值',
    subject: '对象',
    list: '名单',
    scope: '适用范围',
    reason: '原因',
    createdAt: '添加时间',
  },
  list: {
    BLOCK: '禁止',
    ALLOW: '放行',
  },
  listText: {
    BLOCK: '拒绝其抽奖。',
    ALLOW: '不受禁止名单和频率规则限制。',
  },
  subject: {
    PARTICIPANT: '用户',
    DEVICE: '设备',
    IP: 'IP 地址',
  },
  values: '每行一个',
  valueHint: {
    PARTICIPANT: '你的应用所传的用户编号。',
    DEVICE: '设备编号。',
    IP: '地址或 CIDR 网段，支持 v4 与 v6。',
  },
  reasonHint: '供日后查询，记入审计日志。',
  entries_one: '{{count}} 条',
  entries_other: '{{count}} 条',
  tooMany: '一次最多 {{count}} 条',
  added_one: '已添加 {{count}} 条，{{existing}} 条已存在',
  added_other: '已添加 {{count}} 条，{{existing}} 条已存在',
  everyCampaign: '全部活动',
  oneCampaign: '单个活动',
  remove: '移除',
  removeWhat: '移除 {{value}}',
  ask: '移除此条目？',
  effect: '从下一次抽奖起不再生效。',
  removed: '“{{value}}”已移出名单',
}

export default zh
