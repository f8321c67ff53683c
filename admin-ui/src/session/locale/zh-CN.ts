import type { Translated } from '../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  title: '登录',
  heading: '登录 Drawbridge',
  text: '管理活动，关注抽奖，核对账目。',
  help: '忘记密码？请联系贵组织的所有者重新设置。',
  email: '邮箱',
  password: '密码',
  showPassword: '显示密码',
  signIn: '登录',
  emailMissing: '请输入邮箱',
  passwordMissing: '请输入密码',
  wrong: '邮箱或密码错误。',
  codeMissing: '请输入验证码',
  codeWrong: '验证码错误或已被使用，请等待下一个验证码后重试。',
  secondStep: '{{email}} 的密码正确，还需一步验证。',
  field: {
    code: '身份验证器验证码',
    recovery: '恢复码',
  },
  hint: {
    code: '6 位数字，每 30 秒更新一次。',
    recovery: '设置身份验证器时保存的恢复码，每个只能使用一次。',
  },
  useRecovery: '使用恢复码',
  useCode: '使用身份验证器',
  back: '返回',
  waitLong: '尝试次数过多，请在 {{time}} 后重试。',
  wait_one: '尝试次数过多，请在 {{count}} 秒后重试。',
  wait_other: '尝试次数过多，请在 {{count}} 秒后重试。',
  invitation: {
    title: '接受邀请',
    text: '设置同事可见的姓名和你自己的密码。',
    name: '姓名',
    submit: '创建账户',
    done: '账户已创建',
    doneText: '请以 {{email}} 登录。',
  },
  reset: {
    title: '设置新密码',
    text: '你的所有会话都会结束，两步验证保持不变。',
    submit: '设置密码',
    done: '密码已设置',
    doneText: '请使用新密码登录。',
  },
  newPassword: '新密码',
  newPasswordHint: '至少 {{count}} 个字符，一句话更容易记住。',
  tooShort: '至少 {{count}} 个字符',
  link: {
    none: '此页面需要完整的链接',
    noneText: '请重新打开你收到的链接：# 之后的部分是密钥，此页面不会保存它。',
    dead: '此链接已无法使用',
    deadText: '链接已被使用、已撤回或已过期。请联系贵组织的所有者重新获取。',
    toLogin: '前往登录',
  },
  expired: '会话已结束',
  expiredText: '重新登录即可继续，页面上的内容不会丢失。',
}

export default zh
