/** As the API asks for it; it alone knows which are too common. */
export const PASSWORD_CHARACTERS_MIN = 12

/** Of characters, as people count them. */
export const isLongEnough = (password: string): boolean => [...password].length >= PASSWORD_CHARACTERS_MIN
