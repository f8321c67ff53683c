import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  granted: '总投放',
  changeStock: '调整库存',
  changeStockOf: '调整库存：{{prize}}',
  inTransit_one: '{{count}} 份在总库与桶之间流转，数秒内到达。',
  inTransit_other: '{{count}} 份在总库与桶之间流转，数秒内到达。',
  buckets_one: '{{count}} 个桶 · 每桶 {{least}} 至 {{most}} 份',
  buckets_other: '{{count}} 个桶 · 每桶 {{least}} 至 {{most}} 份',
  emptyBuckets_one: '{{count}} 个为空，其抽奖会从其他桶取库存',
  emptyBuckets_other: '{{count}} 个为空，其抽奖会从其他桶取库存',
  change: {
    title: '{{prize}}的库存',
    way: '操作',
    add: '补充库存',
    takeBack: '收回库存',
    release: '从总库释放',
    effect: {
      add: '为该奖品追加相应数量，立即可被抽中。',
      takeBack: '相应数量退出活动：总库足够时从总库扣减，否则从桶中扣减。已中奖的不受影响。',
      release: '把总库中不属于投放计划的库存放入桶中。',
    },
    units: '数量',
    unitsNeeded: '请输入不小于 1 的整数',
    reason: '原因',
    reasonHint: '记入审计日志。',
    done: '已完成',
    doneText: '以服务器答复为准。抽奖仍在进行，数字会随之变化。',
    place: '库存位置',
    before: '打开时',
    after: '现在',
  },
  grow: {
    action: '增加分桶',
    title: '为此活动增加分桶？',
    effect: '活动将以更多的桶重建。数秒内抽奖会返回 RECOVERING，之后用相同的键重试即可成功，不会丢失任何数据。分桶只增不减。',
    count_one: '分桶数（当前 {{count}}）',
    count_other: '分桶数（当前 {{count}}）',
    growing_one: '正在扩展到 {{count}} 个桶，数秒内抽奖返回 RECOVERING…',
    growing_other: '正在扩展到 {{count}} 个桶，数秒内抽奖返回 RECOVERING…',
  },
  release: {
    title: '投放计划',
    progress: '已投放 {{released}} / {{total}}',
    next: '下一步{{when}}：{{units}}',
    stepsOf: '{{prize}}的投放步骤',
    step: '第 {{no}} 步：{{units}} 份',
    voided: '{{units}} 份已退回总库',
    showAll_one: '显示全部 {{count}} 步',
    showAll_other: '显示全部 {{count}} 步',
    state: {
      PENDING: '待投放',
      RELEASED: '已投放到桶中',
      SKIPPED: '已跳过：到达过晚，已轮到下一步',
      CANCELLED: '已取消：活动提前结束，或库存已被收回',
    },
  },
}

export default zh
