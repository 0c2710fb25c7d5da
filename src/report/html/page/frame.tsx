import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { formatHash, type Location } from './hash.js'

const themes = ['auto', 'light', 'dark'] as const

interface FrameProps {
  readonly location: Location
  readonly go: (next: Location, how?: 'push' | 'replace') => void
  /** What the page is about, in a line. */
  readonly about: ComponentChildren
  /** Sections to jump to: id and name. */
  readonly sections: readonly (readonly [string, string])[]
  readonly footer: ComponentChildren
  readonly children: ComponentChildren
}

/** What all reports have around them: the line on top, the theme, the way back, the foot. */
export function Frame({ location, go, about, sections, footer, children }: FrameProps): JSX.Element {
  const main = useRef<HTMLElement>(null)
  const view = location.path.join('/')
  const theme = themes.find((one) => one === location.query.theme) ?? 'auto'
  const first = useRef(true)

  // before the first frame is painted, so that nothing flashes
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = theme
  }, [theme])

  useEffect(() => {
    if (first.current) {
      first.current = false
      return
    }
    window.scrollTo(0, 0)
    main.current?.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
  }, [view])

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
      if (event.key === 'Escape' && !typing && view !== '') go({ path: [], query: location.query })
      if (event.key === '/' && !typing) {
        const filter = document.querySelector<HTMLElement>('input[type=search]')
        if (filter === null) return
        event.preventDefault()
        filter.focus()
      }
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  })

  const next = themes[(themes.indexOf(theme) + 1) % themes.length]!
  const { theme: _, ...rest } = location.query
  return (
    <>
      <a
        class="skip"
        href={formatHash(location)}
        onClick={(event) => {
          event.preventDefault()
          main.current?.focus()
        }}
      >
        To the content
      </a>
      <header class="top">
        <a class="name" href={formatHash({ path: [], query: theme === 'auto' ? {} : { theme } })}>
          svcsplit
        </a>
        <span class="about">{about}</span>
        <nav aria-label="Sections">
          {view === ''
            ? sections.map(([id, name]) => (
                <a
                  key={id}
                  href={formatHash(location)}
                  onClick={(event) => {
                    event.preventDefault()
                    const section = document.getElementById(id)
                    section?.scrollIntoView()
                    section?.querySelector<HTMLElement>('h2')?.focus({ preventScroll: true })
                  }}
                >
                  {name}
                </a>
              ))
            : null}
          <button
            type="button"
            class="theme"
            onClick={() =>
              go({ path: location.path, query: next === 'auto' ? rest : { ...rest, theme: next } }, 'replace')
            }
            aria-label={`Theme: ${theme}. Change to ${next}`}
          >
            {{ auto: '◐ auto', light: '○ light', dark: '● dark' }[theme]}
          </button>
        </nav>
      </header>
      <main ref={main} tabIndex={-1} data-place={formatHash(location)}>
        {view === '' ? null : (
          <p class="back">
            <a href={formatHash({ path: [], query: location.query })}>← Overview</a>{' '}
            <span class="muted">or Esc</span>
          </p>
        )}
        {children}
      </main>
      <footer>{footer}</footer>
    </>
  )
}
