// What the options of edgerq certs may say. Each complaint names the option, what belongs there, and what was found.

import { basename } from 'node:path'
import { type CertificateName, readDnsName, readIpAddress } from '../certificates/names.ts'
import type { Purpose } from '../certificates/x509.ts'
import { shown } from '../keys/shown.ts'
import { ExitError, ExitStatus } from './exit.ts'

export const DAY_MS = 86_400_000

export function daysOf(text: string, most: number): number {
  const days = /^[1-9]\d{0,4}$/.test(text) ? Number(text) : Number.NaN
  if (days <= most) return days
  throw misuse(`--days must be 1 to ${most}, not ${shown(text)}`)
}

/** RFC 5280 appendix A, ub-common-name. */
const MOST_NAME_CHARACTERS = 64

export function authorityNameOf(text: string): string {
  const isName = /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(text) && text.trim() === text && text.length <= MOST_NAME_CHARACTERS
  if (isName) return text
  const rule = `1 to ${MOST_NAME_CHARACTERS} characters on one line, with no blank at either end`
  throw misuse(`--name must be ${rule}, not ${shown(text)}`)
}

interface NameOptions {
  readonly dnsName?: readonly string[]
  readonly ipAddress?: readonly string[]
}

/** Each once, in the order in which they were given. */
export function namesOf({ dnsName = [], ipAddress = [] }: NameOptions): readonly CertificateName[] {
  const names = [...dnsName.map(dnsNameOf), ...ipAddress.map(ipAddressOf)]
  if (names.length === 0) {
    throw misuse(
      '--dns-name NAME or --ip-address ADDRESS is missing: a certificate that names nobody is believed by nobody',
    )
  }
  return [...new Map(names.map((name) => [name.value, name])).values()]
}

function dnsNameOf(text: string): CertificateName {
  const name = readDnsName(text)
  if (name !== null) return name
  if (readIpAddress(text) !== null) throw misuse(`--dns-name ${text} is an address; give it as --ip-address`)
  throw misuse(`--dns-name must be a name such as example.org or *.example.org, in ASCII, not ${shown(text)}`)
}

function ipAddressOf(text: string): CertificateName {
  const name = readIpAddress(text)
  if (name !== null) return name
  throw misuse(`--ip-address must be an address such as 192.0.2.1 or 2001:db8::1, not ${shown(text)}`)
}

/** Who says nothing gets both: with stunnel and mutual TLS one certificate then serves a machine whatever it does. */
export function purposesOf({ client, server }: { readonly client?: true; readonly server?: true }): readonly Purpose[] {
  if (client === server) return ['server', 'client']
  return client ? ['client'] : ['server']
}

export function stemOf(text: string): string {
  if (text !== '' && !/[/\\]$/.test(text) && !['.', '..'].includes(basename(text))) return text
  throw misuse(
    `--output must be what the files are called without .pem and .key, such as certs/server, not ${shown(text)}`,
  )
}

function misuse(message: string): ExitError {
  return new ExitError(ExitStatus.wrongUsage, message)
}
