import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  label: '初次导览',
  progress: '第 {{number}} 步，共 {{count}} 步',
  skip: '跳过导览',
  start: '开始导览',
  next: '下一步',
  done: '完成',
  again: '查看导览',
  campaigns: '前往活动',
  step: {
    welcome: '欢迎',
    campaign: '一个活动',
    draw: '亲手抽一次',
  },
  title: {
    welcome: '欢迎使用 Drawbridge',
    campaign: '活动的一切都在一处',
    draw: '现在亲手抽一次',
  },
  text: {
    welcome: '在这里运营活动：奖品与概率、库存，以及每一次抽奖的判定。再走两步，一分钟内即可亲手完成一次抽奖。',
    campaign: '以“{{name}}”为例。可以现在打开，也可以稍后再看：每个活动都有这些标签页。',
    none: '还没有活动。有了活动（包括草稿）后，可在其“试抽”标签页中试抽。',
    draw: '生成一个测试密钥，然后点击“抽奖”：“{{name}}”会像对待真实参与者一样判定，但只发生在测试环境中，不影响任何真实数据。',
  },
  link: {
    prizes: '奖品',
    live: '实时',
    inventory: '库存',
    books: '账目',
  },
  linkText: {
    prizes: '能中什么，概率多大',
    live: '每秒的抽奖与拒绝',
    inventory: '每一份库存在哪里',
    books: '账目是否平衡',
  },
  end: '第一次抽奖完成。',
  endText: '应用所做的正是这一步：代码就在旁边，可直接复制。每个活动的“试抽”标签页中都有此面板。',
}

export default zh
