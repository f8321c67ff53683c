import { encode } from 'uqr'
import classes from './account.module.css'

/** Light around it, which cameras need to find it: four modules (ISO/IEC 18004). */
const BORDER = 4

/** Drawn here: what it holds is a secret, and goes to no service that draws pictures. Dark on light in both themes. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const { data, size } = encode(text, { ecc: 'M', border: BORDER })
  const dark = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? [`M${x} ${y}h1v1h-1z`] : []))).join('')
  return (
    <svg className={classes.qr} viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect width={size} height={size} fill="#fff" /><path d={dark} fill="#000" />
    </svg>
  )
}
