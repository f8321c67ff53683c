import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  nav: '首页',
  text: '正在进行的活动，以及需要关注的事项。',
  empty: '没有进行中的活动',
  emptyText: '活动发布并开始后会显示在这里。',
  allCampaigns: '查看全部活动',
  more_one: '还有 {{shown}} 个：{{status}}',
  more_other: '还有 {{shown}} 个：{{status}}',
  card: {
    rate: '抽奖/秒',
    winRate: '中奖率',
    left: '剩余库存',
    spark: '最近一分钟的抽奖：当前每秒 {{rate}}',
    ends: '{{when}}结束',
    budget: {
      TOTAL: '预算剩余 {{left}}',
      DAY: '今日预算剩余 {{left}}',
    },
  },
  attention: {
    title: '需要关注',
    none: '一切正常',
    noneText: '暂停的活动、库存、兑换码或预算不足、发放失败的奖品以及即将结束的活动会显示在这里。',
    recovering: '恢复中：完成前将拒绝抽奖',
    soldOut: '“{{prize}}”已发完',
    low: '“{{prize}}”库存不足：剩余 {{left}}',
    budgetSpent: {
      TOTAL: '预算已用完',
      DAY: '今日预算已用完',
    },
    budget: {
      TOTAL: '预算已用 {{percent}}%',
      DAY: '今日预算已用 {{percent}}%',
    },
    lag: '结算滞后：最早一笔已等待 {{seconds}} 秒',
    failed_one: '{{shown}} 份奖品发放失败',
    failed_other: '{{shown}} 份奖品发放失败',
    codes: '“{{prize}}”兑换码不足：告警时剩余 {{free}}',
    ending: '{{when}}结束',
    paused: '已暂停：将拒绝抽奖',
    off: '{{feature}}已关闭',
    approvals_one: '{{shown}} 项变更等待审批',
    approvals_other: '{{shown}} 项变更等待审批',
    approvalsText: '由发起人以外的操作员审批。',
  },
  feature: {
    RECENT_WINNERS: '中奖名单',
    WINNER_FEED: '中奖播报',
    TEST_DRAWS: '测试密钥抽奖',
    KEY_LAST_USE: '密钥使用时间记录',
    LIVE_COUNTS: '实时抽奖统计',
  },
  cause: {
    OPERATOR: '由操作员关闭',
    REDIS: '自动关闭：Redis 无响应',
    POSTGRES: '自动关闭：Postgres 无响应',
    SUCCESS_RATE: '自动关闭：未应答的抽奖过多',
  },
  upcoming: {
    title: '即将到来',
    none: '暂无计划',
    noneText: '即将开始或结束的活动会列在这里。',
    starts: '{{name}} 开始',
    ends: '{{name}} 结束',
  },
}

export default zh
