import { useEffect, useState } from 'preact/hooks'
import { formatHash, type Location, parseHash } from './hash.js'

/** The place in the page, and how to leave it: `replace` leaves no step to go back to. */
export function useLocation(): readonly [Location, (next: Location, how?: 'push' | 'replace') => void] {
  const [hash, setHash] = useState(window.location.hash)
  useEffect(() => {
    const follow = () => setHash(window.location.hash)
    window.addEventListener('hashchange', follow)
    return () => window.removeEventListener('hashchange', follow)
  }, [])
  const go = (next: Location, how: 'push' | 'replace' = 'push') => {
    const text = formatHash(next)
    if (how === 'push') window.location.hash = text
    else {
      window.history.replaceState(null, '', text)
      setHash(text)
    }
  }
  return [parseHash(hash), go]
}
