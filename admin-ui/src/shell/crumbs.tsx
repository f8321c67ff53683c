import { Link, useMatches } from '@tanstack/react-router'
import { useTranslation } from 'react-i18next'
import { SCREEN_NAMES } from '../i18n/screen-names.js'
import classes from './shell.module.css'

/** The way to this screen, from the titles of the routes that it lies in. */
export function Crumbs() {
  const { t } = useTranslation(SCREEN_NAMES)
  const matches = useMatches()
  const crumbs = matches.flatMap(({ id, pathname, staticData: { title } }) =>
    (title === undefined ? [] : [{ id, pathname, name: title(t) }]))
  // The screen's own title says as much.
  if (crumbs.length < 2) return <div className={classes.crumbs} />
  return (
    <nav className={classes.crumbs} aria-label={t('shell.crumbs')}>
      <ol>
        {crumbs.map(({ id, pathname, name }, index) => (
          <li key={id}>{index === crumbs.length - 1 ? <span aria-current="location">{name}</span> : <Link to={pathname}>{name}</Link>}</li>
        ))}
      </ol>
    </nav>
  )
}
