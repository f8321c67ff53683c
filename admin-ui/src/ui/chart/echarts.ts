import { LineChart } from 'echarts/charts'
import { AxisPointerComponent, GridComponent } from 'echarts/components'
import { init, use as register } from 'echarts/core'
import { CanvasRenderer } from 'echarts/renderers'

// Drawn on a canvas, without the library's tooltips: these are made of HTML with styles that the page's policy refuses.
register([LineChart, GridComponent, AxisPointerComponent, CanvasRenderer])

export const open = (element: HTMLElement) => init(element, null, { renderer: 'canvas' })
