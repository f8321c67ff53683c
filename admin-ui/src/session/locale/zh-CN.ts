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
  wait_one: '尝试次数过多，请在 {{count}} 秒后重试。',
  wait_other: '尝试次数过多，请在 {{count}} 秒后重试。',
  expired: '会话已结束',
  expiredText: '重新登录即可继续，页面上的内容不会丢失。',
}

export default zh
