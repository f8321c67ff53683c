import {
  type AlertProps, type AnchorProps, type ButtonProps, createTheme, type CSSVariablesResolver, type MantineColorsTuple, type ModalProps,
  type PaperProps, type TableProps, type TextInputProps, type TooltipProps,
} from '@mantine/core'

/** Calm greys with a trace of blue, so that colour is left for what wants attention. */
const gray: MantineColorsTuple = ['#fafbfc', '#f4f5f7', '#ebedf0', '#dfe2e7', '#c9ced6', '#a3aab6', '#7c8594', '#565f6e', '#3a4250', '#1d2430']
const dark: MantineColorsTuple = ['#e8eaee', '#c5cad3', '#9ba3b1', '#6d7686', '#3b424e', '#2b313b', '#20252d', '#171b21', '#111419', '#0b0d11']
const brand: MantineColorsTuple = ['#eef2ff', '#dfe6ff', '#bccaff', '#94a9fd', '#6f8af7', '#5471ee', '#3f5be0', '#3249c4', '#2b3e9f', '#273880']

const SANS = "Inter, ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"
const MONO = "ui-monospace, 'SF Mono', SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace"

/** The states that an alert's colour stands for. */
const TONES: Readonly<Record<string, string>> = { yellow: 'warn', red: 'bad', teal: 'good', blue: 'info', gray: 'idle' }

/** For one component: in types alone, since a component named here would come to the login page with all that it needs. */
const usually = <P>(defaultProps: Partial<P>) => ({ defaultProps })

export const theme = createTheme({
  primaryColor: 'brand',
  primaryShade: { light: 6, dark: 6 },
  colors: { gray, dark, brand },
  fontFamily: SANS,
  fontFamilyMonospace: MONO,
  defaultRadius: 'md',
  cursorType: 'pointer',
  respectReducedMotion: true,
  radius: { xs: '4px', sm: '6px', md: '8px', lg: '12px', xl: '20px' },
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '1.4', sm: '1.45', md: '1.5', lg: '1.5', xl: '1.4' },
  headings: {
    fontWeight: '600',
    sizes: { h1: { fontSize: '22px', lineHeight: '1.3' }, h2: { fontSize: '16px', lineHeight: '1.4' }, h3: { fontSize: '14px', lineHeight: '1.45' } },
  },
  shadows: {
    xs: '0 1px 2px rgb(16 24 40 / 5%)',
    md: '0 4px 12px rgb(16 24 40 / 8%), 0 1px 3px rgb(16 24 40 / 6%)',
    xl: '0 20px 48px rgb(16 24 40 / 18%), 0 4px 12px rgb(16 24 40 / 8%)',
  },
  components: {
    Alert: {
      vars: (_theme: unknown, { color }: AlertProps) => {
        const tone = TONES[String(color ?? '')] ?? 'info'
        return { root: { '--alert-bg': `var(--db-${tone}-soft)`, '--alert-color': `var(--db-${tone})` } }
      },
    },
    Anchor: usually<AnchorProps>({ underline: 'hover' }),
    Button: { ...usually<ButtonProps>({ size: 'sm' }), styles: { label: { fontWeight: 550 } } },
    Modal: usually<ModalProps>({
      centered: true, shadow: 'xl', overlayProps: { backgroundOpacity: 0.4, blur: 2 }, transitionProps: { transition: 'pop', duration: 120 },
    }),
    Paper: usually<PaperProps>({ withBorder: true, radius: 'lg' }),
    Table: usually<TableProps>({ verticalSpacing: 10, horizontalSpacing: 'md' }),
    TextInput: usually<TextInputProps>({ size: 'sm' }),
    Tooltip: usually<TooltipProps>({ openDelay: 350, withArrow: false, fz: 'xs', transitionProps: { duration: 80 } }),
  },
})

/** What Mantine leaves too pale to be read: 4.5 to 1 everywhere, and surfaces of our own. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--mantine-color-text': gray[9],
    '--mantine-color-dimmed': '#5b6474',
    '--mantine-color-placeholder': '#6b7484',
    '--mantine-color-error': '#c2242f',
    '--mantine-color-anchor': brand[7],
    '--mantine-color-default-border': gray[3],
    '--db-canvas': gray[0],
    '--db-surface': '#ffffff',
    '--db-line': gray[2],
    '--db-hover': gray[1],
    '--db-selected': '#e9edf8',
    '--db-good': '#0f7a46', '--db-warn': '#a15c00', '--db-bad': '#c2242f', '--db-info': brand[6], '--db-idle': '#525b6a',
    '--db-good-soft': '#e5f6ec', '--db-warn-soft': '#fdf2dc', '--db-bad-soft': '#fdeaea', '--db-info-soft': '#eaefff', '--db-idle-soft': gray[2],
    '--db-chart-0': '#5471ee', '--db-chart-1': '#0e8f80', '--db-chart-2': '#c46f10', '--db-chart-3': '#a94fbd', '--db-chart-4': '#2b86c0', '--db-chart-5': '#d6546e',
  },
  dark: {
    '--mantine-color-body': dark[7],
    '--mantine-color-text': dark[0],
    '--mantine-color-dimmed': '#a0a8b6',
    '--mantine-color-placeholder': '#8b94a3',
    '--mantine-color-error': '#ff8a8f',
    '--mantine-color-anchor': '#a3b5ff',
    '--mantine-color-default-border': dark[5],
    '--db-canvas': dark[8],
    '--db-surface': dark[7],
    '--db-line': dark[6],
    '--db-hover': '#1e232b',
    '--db-selected': '#232a3a',
    '--db-good': '#4fce8a', '--db-warn': '#efb44f', '--db-bad': '#ff8a8f', '--db-info': '#a3b5ff', '--db-idle': '#98a1b0',
    '--db-good-soft': '#12301f', '--db-warn-soft': '#35270d', '--db-bad-soft': '#3b1a1d', '--db-info-soft': '#1f2747', '--db-idle-soft': dark[6],
    '--db-chart-0': '#8aa0ff', '--db-chart-1': '#2fc4b2', '--db-chart-2': '#f0a850', '--db-chart-3': '#d18be0', '--db-chart-4': '#5fb8ee', '--db-chart-5': '#f0869a',
  },
})
