import type { JSX } from 'preact'
import { useRef, useState } from 'preact/hooks'
import type { BookStep } from '../run-book.js'
import { Mark } from './words.js'

/** Copies what stands in an element; pages on a disk have the clipboard in some browsers, and a selection in all. */
async function copy(element: HTMLElement): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(element.textContent ?? '')
    return true
  } catch {
    const selection = window.getSelection()
    if (selection === null) return false
    selection.selectAllChildren(element)
    return document.execCommand('copy')
  }
}

function CommandLine({ text, label }: { readonly text: string; readonly label: string }): JSX.Element {
  const code = useRef<HTMLElement>(null)
  const [state, setState] = useState<'copy' | 'copied' | 'select it'>('copy')
  return (
    <div class="line">
      <code class="command" ref={code}>
        {text}
      </code>
      <button
        type="button"
        class="copy"
        aria-label={`Copy ${label}`}
        onClick={() => {
          void copy(code.current!).then((done) => {
            setState(done ? 'copied' : 'select it')
            window.setTimeout(() => setState('copy'), 2000)
          })
        }}
      >
        {state}
      </button>
    </div>
  )
}

function Commands(props: { readonly commands: readonly string[]; readonly of: string }): JSX.Element {
  const { commands, of } = props
  return (
    <>
      {commands.map((command, index) => (
        <CommandLine key={index} text={command} label={`command ${index + 1} of ${of}`} />
      ))}
    </>
  )
}

const signs: Readonly<Record<string, 'fine' | 'warning' | 'error'>> = {
  'go on': 'fine',
  look: 'warning',
  repeat: 'warning',
  stop: 'error',
}

function Answers({ step }: { readonly step: BookStep }): JSX.Element {
  return (
    <dl class="answers">
      {step.answers.map(({ code, do: action, means }) => (
        <div key={code}>
          <dt>
            {code} <Mark level={signs[action] ?? 'error'} /> <b>{action}</b>
          </dt>
          <dd>{means}</dd>
        </div>
      ))}
      <div>
        <dt>
          other <Mark level="error" /> <b>stop</b>
        </dt>
        <dd>or nothing after {step.limit}</dd>
      </div>
    </dl>
  )
}

interface StepProps {
  readonly step: BookStep
  /** The id of its element; none where nothing leads there. */
  readonly anchor?: string
  readonly isTicked: boolean
  readonly isNext: boolean
  /** No tick box where left out. */
  readonly tick?: (ticked: boolean) => void
  readonly printing: boolean
}

/** Everything that one needs for a step, or its name alone once it is ticked. */
export function StepView({ step, anchor, isTicked, isNext, tick, printing }: StepProps): JSX.Element {
  const { id, title, host, commands, time, interrupts, undo, final, optional, note, result } = step
  const name = (
    <>
      <b class="id">{id}</b> <span>{title}</span>
    </>
  )
  const isOpen = printing || !isTicked
  return (
    <li
      class={`step${isTicked ? ' ticked' : ''}${isNext ? ' current' : ''}${final === undefined ? '' : ' final'}`}
      id={anchor}
    >
      {final === undefined ? null : (
        <p class="no-return">
          <strong>Point of no return:</strong> {final}. From here on the old release cannot come back without
          the dump.
        </p>
      )}
      <div class="head">
        {tick === undefined ? (
          <div class="name">{name}</div>
        ) : (
          <label class="name">
            <input
              type="checkbox"
              checked={isTicked}
              onChange={(event) => tick(event.currentTarget.checked)}
            />
            {name}
          </label>
        )}
        {host === undefined ? null : <span class="badge">on {host}</span>}
        {result === 'failed' ? (
          <span class="badge error">
            <Mark level="error" /> failed
          </span>
        ) : null}
        <span class="time">{time}</span>
      </div>
      {isOpen ? (
        <div class="body">
          {optional === undefined ? null : (
            <p>
              <b>Only when:</b> {optional}
            </p>
          )}
          {interrupts === undefined ? null : (
            <p class="interrupts">
              <Mark level="warning" /> <b>Interrupts:</b> {interrupts}
            </p>
          )}
          <Commands commands={commands} of={id} />
          <Answers step={step} />
          {note === undefined ? null : (
            <p>
              <b>Note:</b> {note}
            </p>
          )}
          {final !== undefined ? null : undo.commands.length === 0 ? (
            <p class="undo muted">Undo: {undo.means}</p>
          ) : (
            <details class="undo" open={printing}>
              <summary>Undo: {undo.means}</summary>
              <Commands commands={undo.commands} of={`undoing ${id}`} />
            </details>
          )}
        </div>
      ) : null}
    </li>
  )
}
