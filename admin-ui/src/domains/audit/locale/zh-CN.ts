import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  nav: '审计日志',
  text: '谁改了什么。各条记录前后相连，任何篡改都会被发现。',
  head: '最后一条为第 {{seq}} 条，此前各条均由其哈希串联：',
  hash: '哈希',
  every: '全部',
  export: '下载 CSV',
  empty: '没有符合的记录',
  emptyText: '操作员的每次变更都记在这里，包括变更前后的内容。',
  column: {
    seq: '序号',
    at: '时间',
    action: '操作',
    subject: '对象',
    actor: '操作者',
    reason: '原因',
  },
  kind: {
    campaigns: '活动',
    operators: '操作员',
    apiKeys: 'API 密钥',
    sessions: '会话',
  },
  actor: {
    operator: '操作员',
    system: '系统',
  },
  before: '变更前',
  after: '变更后',
  campaign: '活动',
  openCampaign: '打开活动',
  ip: '地址',
  request: '请求',
}

export default zh
