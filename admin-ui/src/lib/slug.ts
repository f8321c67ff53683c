import { pinyinOf } from './pinyin.js'
import { SLUG_CHARACTERS_MAX } from './slug-of-copy.js'

/** What the API takes as a slug: "Spring Sale 2027" → "spring-sale-2027", "春节红包雨" → "chun-jie-hong-bao-yu"; "" where nothing can be made of it. */
export function slugOf(name: string): string {
  const spelled = [...name.normalize('NFKD')].map((character) => {
    const syllable = pinyinOf(character)
    return syllable === null ? character : ` ${syllable} `
  }).join('')
  const words = spelled.toLowerCase().replaceAll(/\p{Mark}/gu, '').replaceAll('ß', 'ss').split(/[^a-z0-9]+/).filter((word) => word !== '')
  return words.join('-').slice(0, SLUG_CHARACTERS_MAX).replace(/-+$/, '')
}
