// Where figures come from, in words: when they were measured, of what, on what, and how often.

import type { Machine } from '../machine.ts'
import type { Part } from './part.ts'

/** Of one part. */
export function provenance({ at, machine, versions, options }: Part): string {
  const when = `Measured ${at.slice(0, 16).replace('T', ' ')} UTC`
  const others = versions.length === 0 ? '' : `; with ${versions.join(', ')}`
  return `${when}, edgerq at ${commitText(machine)}, on ${machineText(machine)}${others}. ${runsText(options)}`
}

/** Whether parts may be held beside each other. */
export function comparability(parts: readonly Part[]): string {
  const [commits, machines] = [distinct(parts, commitText), distinct(parts, machineText)]
  const same = [...(machines.length > 1 ? [] : ['on one machine']), ...(commits.length > 1 ? [] : ['at one commit'])]
  const different = [
    ...(machines.length > 1 ? [`on **different machines** (${machines.join('; ')})`] : []),
    ...(commits.length > 1 ? [`at **different commits** of edgerq (${commits.join(', ')})`] : []),
  ]
  return `All grounds were measured ${[...same, ...different].join(', ')}.`
}

function runsText({ rounds, seconds, transferBytes, withinSeconds, isQuick }: Part['options']): string {
  const requests = `${rounds} round${rounds > 1 ? 's' : ''}, requests for ${seconds} s`
  const bodies = `bodies of ${transferBytes / 2 ** 20} MiB unless it says otherwise`
  const warning = isQuick ? ' **Short runs, for a first look only.**' : ''
  return `${requests}, ${bodies}, given up over a link after ${withinSeconds} s.${warning}`
}

function commitText({ commit }: Machine): string {
  return commit === '' ? 'an unknown commit' : commit.replace('+changes', ' with changes')
}

function machineText({ processor, cores, memoryBytes, system, node }: Machine): string {
  return `${processor}, ${cores} cores, ${(memoryBytes / 1e9).toFixed(0)} GB, ${system}, Node ${node}`
}

function distinct(parts: readonly Part[], text: (machine: Machine) => string): readonly string[] {
  return [...new Set(parts.map(({ machine }) => text(machine)))]
}
