import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  title: '抽一次',
  text: '在本页发出与应用完全相同的调用：地址相同，判定也相同。',
  draw: '抽奖',
  drawReal: '真实抽奖',
  again: '原样重发',
  user: '参与者',
  userHint: '应用对参与者的标识。',
  key: {
    label: 'API 密钥',
    hint: '粘贴一个，或生成测试密钥。密钥只留在本页，不会保存。',
    hintAsk: '粘贴一个：可向组织的所有者索取测试密钥。密钥只留在本页，不会保存。',
    show: '显示密钥',
    make: '生成测试密钥',
    made: '已列入 API 密钥，名为“试抽”；不再需要时请吊销。',
    all: 'API 密钥',
    name: '试抽',
    test: '测试密钥：抽奖在独立的测试环境中判定，库存、次数和抽奖券均为其自有，不影响任何真实数据，草稿也可试抽。',
    live: '这不是测试密钥：抽奖是真实的，会占用参与者的次数，中奖会扣减库存。',
  },
  told: {
    won: '中奖：{{prize}}',
    lost: '未中奖',
    pending: '已判定，稍后告知：请原样重发',
    refused: '被拒绝：{{reason}}',
    failed: '出了点问题',
    replayed: '同一幂等键，同一结果',
    answered: 'HTTP {{status}}，用时 {{ms}} 毫秒',
    noAnswer: '{{ms}} 毫秒内未收到响应',
    raw: '原始响应',
  },
  failure: {
    UNAUTHENTICATED: '密钥无效',
    FORBIDDEN: '此密钥不能在此抽奖',
    RATE_LIMITED: '请求过多：请稍候',
    OVERLOADED: '服务繁忙：请稍后再试',
    BAD_USER_INPUT: '服务器拒绝了此请求',
  },
  reset: {
    title: '测试环境',
    text: '测试密钥的抽奖共用独立的测试环境：其中的库存、限额和抽奖券会像正式环境一样消耗，直到被清空、活动变更或满两天。',
    action: '清空测试环境',
    ask: '清空测试环境？',
    effect: '此活动所有人的测试抽奖都会清除，下一次从满库存开始。真实抽奖不受影响。',
    done: '测试环境已清空',
  },
  code: {
    title: '在代码中调用',
    text: '供服务器端使用，需服务器密钥。本活动所需的内容已填好。',
    curl: 'curl',
    typescript: 'TypeScript',
    keyNote: '每次按下按钮使用一个幂等键。没有收到响应？用同一个键重发：只会抽一次。',
  },
}

export default zh
