import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  window: '时间范围',
  minutes_one: '{{count}} 分钟',
  minutes_other: '{{count}} 分钟',
  seconds: '{{value}} 秒',
  draft: '暂无实时数据',
  draftText: '活动发布后可在此查看抽奖情况。发布前可用测试密钥试抽。',
  kind: {
    won: '中奖',
    lost: '未中奖',
    pending: '待定',
    repeated: '重复请求',
    refused: '被拒绝',
  },
  figure: {
    draws: '每秒抽奖',
    drawsHint: '峰值 {{peak}}',
    winRate: '中奖率',
    winRateHint_one: '共 {{shown}} 次抽奖',
    winRateHint_other: '共 {{shown}} 次抽奖',
    refused: '每秒拒绝',
    repeatedHint_one: '重复请求 {{shown}} 次',
    repeatedHint_other: '重复请求 {{shown}} 次',
    unsettled: '结算中',
    unsettledHint: '最早一笔已等待 {{time}}',
    settled: '没有等待中的抽奖',
  },
  chart: {
    draws: '每秒抽奖',
    drawsLabel: '每秒抽奖：当前 {{rate}}，峰值 {{peak}}，中奖率 {{won}}',
    refusals: '每秒拒绝（按原因）',
    refusalsLabel: '每秒拒绝，按原因：{{reasons}}',
    noRefusals: '没有被拒绝的抽奖',
    settlement: '等待结算',
    settlementLabel: '打开本页以来，已判定但尚未写入 Postgres 的抽奖',
    waiting: '等待中',
  },
  refusals: {
    title: '拒绝原因',
    reason: '原因',
    count: '次数',
    share: '占比',
  },
  table: {
    title: '以表格查看最近一分钟',
    time: '时间',
  },
  refusal: {
    CAMPAIGN_NOT_FOUND: '活动不存在',
    IDEMPOTENCY_CONFLICT: '幂等键冲突',
    RECOVERING: '恢复中',
    CAMPAIGN_NOT_STARTED: '未开始',
    CAMPAIGN_ENDED: '已结束',
    CAMPAIGN_PAUSED: '已暂停',
    BLOCKED: '已拉黑',
    NOT_ELIGIBLE: '不符合资格',
    TOO_FREQUENT: '过于频繁',
    QUOTA_EXCEEDED: '次数已用完',
    NO_TICKETS: '没有抽奖券',
    SOLD_OUT: '已发完',
  },
}

export default zh
