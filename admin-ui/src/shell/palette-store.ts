import { createSpotlight } from '@mantine/spotlight'

/** Of the command palette: what it has chosen, and how it is opened. */
export const [paletteStore, palette] = createSpotlight()
