// The door of this room: a configuration file in, a finished value or every problem at once out. Nothing half-checked leaves it.

import { type ConsumerConfig, readConsumerRoot } from './consumer-config.ts'
import { type FileKind, GROUPS } from './groups.ts'
import { nearest } from './nearest.ts'
import { brief, Problems } from './problems.ts'
import { type ProviderConfig, readProviderRoot } from './provider-config.ts'
import { readSource, type XmlElement } from './source.ts'

export type {
  Balance,
  ConsumerConfig,
  ConsumerKeyPaths,
  ConsumerService,
  Protocol,
} from './consumer-config.ts'
export type { CarrierName } from './link-elements.ts'
export type { Listener } from './listener.ts'
export type { Pipe, PipeKeyNames, ProviderConfig, ProviderService } from './provider-config.ts'
export type { Congestion } from './rules.ts'
export type { Rung } from './rungs.ts'
export type { Health, Target, TargetTls } from './target.ts'
export type { CertificateAllowance, ListenerTls, PipeTls } from './tls.ts'
export { xsdOf } from './xsd.ts'

/** `value` is frozen through and through; each of `problems` is a line `FILE:LINE:COLUMN: what is wrong and what is allowed`. */
export type Outcome<Config> =
  | { readonly ok: true; readonly value: Config }
  | { readonly ok: false; readonly problems: readonly string[] }

/** Reads consumer.xml: its text, or its bytes in UTF-8. `fileName` is only for the problems. */
export function readConsumer(source: string | Uint8Array, fileName: string): Outcome<ConsumerConfig> {
  return read(source, fileName, 'consumer', readConsumerRoot)
}

/** Reads provider.xml: its text, or its bytes in UTF-8. `fileName` is only for the problems. */
export function readProvider(source: string | Uint8Array, fileName: string): Outcome<ProviderConfig> {
  return read(source, fileName, 'provider', readProviderRoot)
}

function read<Config>(
  source: string | Uint8Array,
  fileName: string,
  kind: FileKind,
  readRoot: (root: XmlElement, problems: Problems) => Config,
): Outcome<Config> {
  const problems = new Problems()
  const xml = readSource(source)
  if (!xml.ok) {
    for (const problem of xml.problems) problems.add(problem, problem.what)
  } else if (xml.root.name !== GROUPS[kind].name) {
    problems.add(xml.root, wrongRoot(xml.root.name, kind))
  } else {
    const value = readRoot(xml.root, problems)
    if (problems.isEmpty) return { ok: true, value: frozen(value) }
  }
  return { ok: false, problems: problems.lines(fileName) }
}

const PROGRAMS: Readonly<Record<FileKind, string>> = { consumer: 'edgerq-sc', provider: 'edgerq-sp' }

function wrongRoot(name: string, kind: FileKind): string {
  const other = kind === 'consumer' ? 'provider' : 'consumer'
  if (name === GROUPS[other].name) return `this is a ${other} file; run ${PROGRAMS[other]}`
  const expected = GROUPS[kind].name
  const hint = nearest(name, [expected]) === null ? '' : `; did you mean <${expected}>?`
  return `the root of a ${kind} file must be <${expected}>, not <${brief(name)}>${hint}`
}

function frozen<Tree>(tree: Tree): Tree {
  if (typeof tree !== 'object' || tree === null) return tree
  for (const branch of Object.values(tree)) frozen(branch)
  return Object.freeze(tree)
}
