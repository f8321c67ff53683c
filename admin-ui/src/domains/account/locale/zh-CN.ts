import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  title: '我的账户',
  text: '管理你的密码、两步验证和会话。',
  you: '个人信息',
  name: '姓名',
  email: '邮箱',
  role: '角色',
  tenant: '组织',
  owed: '请先设置两步验证',
  owedText: '贵组织要求所有操作员启用两步验证。设置完成之前，你无法使用其他功能。',
  password: {
    title: '密码',
    old: '当前密码',
    change: '修改密码',
    done: '密码已修改，你的其他会话均已结束。',
  },
  factor: {
    title: '两步验证',
    on: '已启用',
    off: '未启用',
    onText: '登录时需要输入身份验证器验证码或恢复码。',
    offText: '手机上的身份验证器应用每 30 秒生成一个新验证码。启用后，仅凭密码无法以你的身份登录。',
    setUp: '设置身份验证器',
    next: '下一步',
    passwordHint: '请再次输入密码，以防他人趁你离开时操作。',
    qr: '包含身份验证器密钥的二维码',
    step: {
      scan: '用身份验证器应用扫描二维码，或手动输入密钥。',
      type: '输入应用显示的验证码。',
    },
    secret: '密钥',
    confirm: '启用',
    disable: '停用',
    ask: '停用两步验证？',
    effect: '停用后仅凭密码即可登录，现有恢复码将全部失效。',
    required: '贵组织要求启用两步验证：停用后，你只能重新设置，无法使用其他功能。',
    codeHint: '也可以输入恢复码。',
    disabled: '两步验证已停用',
  },
  recovery: {
    title: '恢复码',
    heading: 'Drawbridge：{{email}} 的恢复码',
    once: '仅显示一次，请保存在不依赖手机也能找到的地方。',
    each: '每个恢复码可代替一次验证码。若应用和恢复码全部丢失，只能联系组织的所有者重置。',
    download: '下载',
    print: '打印',
    kept: '我已保存',
  },
}

export default zh
