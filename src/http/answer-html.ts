// The page that a person sees instead of an answer: what failed, where on the way, what to do. One file without anything to load.

import { ANSWER_SIDES, type AnswerCode, type OwnAnswer } from './own-answers.ts'

/** The words of one answer, cleaned but not escaped. */
export interface AnswerWords extends OwnAnswer {
  readonly code: AnswerCode
  readonly reason: string
  readonly requestId: string
  readonly service: string
  readonly detail: string
}

const STYLE = `
:root { color-scheme: light dark; --text: #1d2530; --quiet: #5b6675; --line: #d5dae1; --ground: #fff; --mark: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --text: #e4e8ee; --quiet: #9aa5b4; --line: #3a4452; --ground: #14181e; --mark: #ff8a80 }
}
body { margin: 0; background: var(--ground); color: var(--text); font: 1rem/1.5 system-ui, sans-serif }
main { max-width: 40rem; margin: 12vh auto; padding: 0 1.5rem }
h1 { margin: 0 0 1.5rem; font-size: 1.6rem; line-height: 1.25 }
p { margin: .75rem 0 }
.status, dt, li { color: var(--quiet) }
ol { display: flex; flex-wrap: wrap; gap: .5rem; margin: 1.5rem 0; padding: 0; list-style: none }
li { padding: .1rem .8rem; border: 1px solid var(--line); border-radius: 1rem }
li[aria-current] { border-color: var(--mark); color: var(--mark); font-weight: 600 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; margin: 2rem 0; font-size: .875rem }
dd { margin: 0; overflow-wrap: anywhere; font-family: ui-monospace, monospace }
`

export function answerHtml(words: AnswerWords): string {
  const { status, reason, message, remedy, detail } = words
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${status} ${escaped(reason)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<p class="status">${status} ${escaped(reason)}</p>
<h1>${escaped(message)}</h1>
<p>${escaped(remedy)}</p>
${detail === '' ? '' : `<p>${escaped(detail)}</p>\n`}<ol aria-label="Where it failed">${wayOf(words)}</ol>
<dl>
<dt>Code</dt><dd>${escaped(words.code)}</dd>
<dt>Service</dt><dd>${escaped(words.service)}</dd>
<dt>Request</dt><dd>${escaped(words.requestId)}</dd>
</dl>
</main>
</body>
</html>
`
}

/** The way of a request, with the side that failed marked on it. */
function wayOf({ side }: AnswerWords): string {
  return ANSWER_SIDES.map((each) => `<li${each === side ? ' aria-current="true"' : ''}>${each}</li>`).join('')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
