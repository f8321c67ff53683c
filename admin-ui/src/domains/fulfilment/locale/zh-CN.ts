import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  title: '奖品发放方式',
  draft: '发布前随草稿一起设置',
  prize: '奖品',
  kind: '类型',
  prizeKind: {
    PHYSICAL: '实物',
    COUPON_CODE: '券码',
    POINTS: '积分',
    CASH: '现金',
    VIRTUAL: '虚拟',
  },
  way: '发放方式',
  change: '修改',
  changeOf: '修改{{prize}}的发放方式',
  formTitle: '{{prize}}的发放方式',
  ways: {
    NONE: '自行处理',
    WALLET: '钱包',
    WEBHOOK: 'Webhook',
    MANUAL: '人工发放',
  },
  waysText: {
    NONE: '奖励在此保持“已授予”，由贵方系统自行发放。',
    WALLET: '奖励金额立即记入参与者余额。',
    WEBHOOK: '每份奖励以签名请求发送到贵方地址；失败后在 1、3、5、10、20 分钟后重试，仍失败则标记为“失败”。',
    MANUAL: '中奖者填写地址，操作员寄出后标记为“已发放”。',
  },
  url: '地址',
  urlHint: '必须是 HTTPS，不含用户名、密码与片段。',
  claim: '填写地址的期限',
  claimHint: '自抽奖时起。留空表示不限。',
  claimUnit: '期限单位',
  units: {
    minutes: '分钟',
    hours: '小时',
    days: '天',
  },
  spans: {
    minutes_one: '{{count}} 分钟',
    minutes_other: '{{count}} 分钟',
    hours_one: '{{count}} 小时',
    hours_other: '{{count}} 小时',
    days_one: '{{count}} 天',
    days_other: '{{count}} 天',
  },
  withCode: '中奖时随附券码',
  noLimit: '可随时填写地址',
  claimBy: '须在 {{span}}内填写地址；逾期：{{fate}}',
  onExpiry: '逾期未领取时',
  fates: {
    RETURN_TO_VAULT: '退回总库',
    WRITE_OFF: '核销',
  },
  effect: '对尚未开始发放的奖励生效，活动结束后亦可修改。发放中的奖励保持原方式与领取期限；新地址从下一次尝试起生效。',
  save: '保存',
  saved: '“{{prize}}”的发放方式已修改',
}

export default zh
