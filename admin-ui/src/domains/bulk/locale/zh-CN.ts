import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  action: {
    pause: '暂停',
    resume: '恢复',
    end: '结束',
    duplicate: '复制',
  },
  ask: {
    pause_one: '暂停 {{count}} 个活动？',
    pause_other: '暂停 {{count}} 个活动？',
    resume_one: '恢复 {{count}} 个活动？',
    resume_other: '恢复 {{count}} 个活动？',
    end_one: '结束 {{count}} 个活动？',
    end_other: '结束 {{count}} 个活动？',
    duplicate_one: '复制 {{count}} 个活动？',
    duplicate_other: '复制 {{count}} 个活动？',
  },
  whyNumber: '活动较多，无需逐个输入名称：请输入数量，以确认你已核对。',
  effect: '各生成一份内容与时间相同的草稿，标识以“-copy”结尾。',
  leftOut: '因状态不允许而略过：',
  progress: '已完成 {{done}} / {{count}}，其余将逐个进行。',
  over: '已完成 {{done}} / {{count}}。',
  stop: '完成当前活动后停止',
  result: {
    waiting: '等待中',
    running: '进行中',
    done: '已完成',
    failed: '被拒绝',
    stopped: '未执行',
  },
}

export default zh
