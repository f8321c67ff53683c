import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  nav: 'API 密钥',
  text: '你的服务器调用抽奖 API 所用的密钥。',
  create: '创建密钥',
  inForce_one: '{{count}} 个生效中',
  inForce_other: '{{count}} 个生效中',
  empty: '还没有密钥',
  emptyText: '建议每台服务器使用单独的密钥，便于分别吊销。',
  never: '从未',
  column: {
    name: '名称',
    prefix: '前缀',
    kind: '类型',
    state: '状态',
    limit: '每秒抽奖上限',
    createdAt: '创建时间',
    lastUsedAt: '最近使用',
  },
  kind: {
    LIVE: '正式',
    TEST: '测试',
  },
  kindText: {
    LIVE: '真实抽奖。',
    TEST: '在独立的测试环境中抽奖，不影响正式库存、限额和事件。',
  },
  state: {
    inForce: '生效中',
    revoked: '已吊销',
  },
  limit: {
    label: '每秒抽奖上限',
    hint: '仅限此密钥。留空则与租户上限相同。',
    none: '同租户上限',
    suffix: ' 次/秒',
    least: '请输入不小于 1 的整数，或留空',
    between: '须在 1 到 {{max}} 之间，或留空',
    action: '设置上限…',
    ask: '“{{name}}”的上限',
    effect: '5 秒内在所有进程生效。超出的调用会被拒绝（RATE_LIMITED，并告知等待时间），不会产生抽奖。',
    set: '设置上限',
    done: '“{{name}}”的上限已设置',
  },
  nameHint: '使用者，例如“商城后端”。',
  created: '新密钥',
  once: '仅显示一次，请立即保存到服务器的密钥配置中。',
  kept: '我已保存',
  revoke: '吊销',
  ask: '吊销此密钥？',
  effect: '此后使用该密钥的所有调用都会被拒绝。此操作无法撤销。',
  revoked: '“{{name}}”已吊销',
  actionsOf: '{{name}}的操作',
}

export default zh
