// Where figures come from, in words: when they were measured, of what, on what, and how often.

import type { Machine } from '../machine.ts'
import type { Part } from './part.ts'

/** Of one part. */
export function provenance({ at, machine, versions, options }: Part): string {
  const when = `Measured ${at.slice(0, 16).replace('T', ' ')} UTC`
  const others = versions.length === 0 ? '' : `; with ${versions.join(', ')}`
  return `${when}, edgerq at commit ${commitText(machine)}, on ${machineText(machine)}${others}. ${runsText(options)}`
}

/** Whether parts may be held beside each other. */
export function comparability(parts: readonly Part[]): string {
  const machines = among(parts, machineText, { one: 'on one machine', several: 'on **different machines**' })
  const commits = among(parts, commitText, { one: 'at one commit', several: 'at **different commits**' })
  return `All grounds were measured ${machines} and ${commits} of edgerq.`
}

function among(
  parts: readonly Part[],
  text: (machine: Machine) => string,
  { one, several }: { readonly one: string; readonly several: string },
): string {
  const texts = [...new Set(parts.map(({ machine }) => text(machine)))]
  return texts.length === 1 ? one : `${several} (${texts.join('; ')})`
}

function runsText({ rounds, seconds, transferBytes, withinSeconds, isQuick }: Part['options']): string {
  const requests = `${rounds} round${rounds > 1 ? 's' : ''}, requests for ${seconds} s`
  const bodies = `bodies of ${transferBytes / 2 ** 20} MiB unless it says otherwise`
  const warning = isQuick ? ' **Short runs, for a first look only.**' : ''
  return `${requests}, ${bodies}, given up over a link after ${withinSeconds} s.${warning}`
}

function commitText({ commit }: Machine): string {
  return commit === '' ? 'unknown' : commit.replace('+changes', ' with changes')
}

function machineText({ processor, cores, memoryBytes, system, node }: Machine): string {
  return `${processor}, ${cores} cores, ${(memoryBytes / 1e9).toFixed(0)} GB, ${system}, Node ${node}`
}
