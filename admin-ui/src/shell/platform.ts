const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent)

/** As it is printed on the reader's keyboard. */
export const commandKey = isApple ? '⌘' : 'Ctrl'
