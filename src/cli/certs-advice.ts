// What edgerq certs says when it is done: what the files are, and into which place of which file each goes.

import { join } from 'node:path'
import type { CertificateName } from '../certificates/names.ts'
import type { PairPaths } from '../certificates/pair-files.ts'
import type { Purpose } from '../certificates/x509.ts'

export function adviceOnAuthority(folder: string, untilMs: number): string {
  return `
The authority is good until ${day(untilMs)}. ${join(folder, 'ca.pem')} goes to every machine that shall believe its certificates.
Whoever has ${join(folder, 'ca.key')} can make such certificates: keep it away from machines that serve. Next, for each side:
  edgerq certs issue --authority ${folder} -o server --server --dns-name server.example.org
  edgerq certs issue --authority ${folder} -o provider --client --dns-name provider.example.org
`
}

export interface MadeCertificate {
  readonly paths: PairPaths
  /** The authority's certificate. */
  readonly authorityPath: string
  readonly names: readonly CertificateName[]
  readonly purposes: readonly Purpose[]
  readonly untilMs: number
  /** It ends with its authority, and so earlier than was asked for. */
  readonly isCut: boolean
}

export function adviceOnCertificate(made: MadeCertificate): string {
  const { paths, authorityPath, names, purposes, untilMs, isCut } = made
  const until = isCut ? `${day(untilMs)}, which is when its authority ends` : day(untilMs)
  const tls = `<tls><certificate>${paths.certificate}</certificate><private_key>${paths.privateKey}</private_key><ca>${authorityPath}</ca></tls>`
  return `
It stands for ${names.map(({ value }) => value).join(', ')}, ${PLACES[purposes.join('+')]}, until ${until}.
The key must belong to the user of the program that reads it.

In stunnel.conf, see stunnel/README.md:
  cert = ${paths.certificate}
  key = ${paths.privateKey}
  CAfile = ${authorityPath}
${purposes.map((purpose) => NEXT[purpose](tls, authorityPath)).join('')}`
}

const PLACES: Readonly<Record<string, string>> = {
  server: 'as a server only',
  client: 'as a client only',
  'server+client': 'as a server and as a client',
}

const NEXT: Readonly<Record<Purpose, (tls: string, authorityPath: string) => string>> = {
  server: (tls, authorityPath) => `
For the link itself in TLS, in consumer.xml, a <listener> with <carrier>tcp</carrier>:
  ${tls}
For a target in HTTPS, give both files to its web server, and in provider.xml its <service>:
  <tls><ca>${authorityPath}</ca></tls>
`,
  client: (tls) => `
For the link itself in TLS, in provider.xml, a <pipe> with <carrier>tcp</carrier>:
  ${tls}
`,
}

function day(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10)
}
