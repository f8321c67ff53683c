import type { Translated } from '../../../i18n/resources.js'
import type en from './en.js'

const zh: Translated<typeof en> = {
  nav: '队列',
  text: '整个部署的任务队列。仅供查看，不能做任何更改；任务数据只显示编号。',
  open: '在新窗口中打开',
  notOpen: '队列未对贵组织开放',
  notOpenText: '队列属于整个部署，包含其中所有组织的任务，因此只允许一个组织查看。',
  how: '部署方可通过以下设置对你开放，重启后生效：',
}

export default zh
