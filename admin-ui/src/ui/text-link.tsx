import { Anchor, type AnchorProps } from '@mantine/core'
import { createLink } from '@tanstack/react-router'
import { forwardRef } from 'react'

const RoutedAnchor = forwardRef<HTMLAnchorElement, Omit<AnchorProps, 'href'>>((props, ref) => <Anchor ref={ref} inherit underline="always" {...props} />)
RoutedAnchor.displayName = 'RoutedAnchor'

/** A way to another screen within a text, in the theme's colour. */
export const TextLink = createLink(RoutedAnchor)
