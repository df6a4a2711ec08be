// Where the target of a service is: how it is called in logs, what it is called by when it is asked, and what a connection to it needs.

import { isIPv6, type NetConnectOpts } from 'node:net'
import type { ProviderService } from '../config/read.ts'

/**
 * How long an address of a name is tried while others are left. RFC 8305 starts the next one after 250 ms and goes on with the first;
 * Node gives the first up, so a line with that much delay would never be let through to its end.
 */
const NEXT_ADDRESS_AFTER_MS = 500

const HTTP_PORT = 80
const HTTPS_PORT = 443

/** `host:port`, `[::1]:port` or `unix:/path`; with TLS `https://` in front. */
export function describeTarget({ target, tls }: ProviderService): string {
  const address = target.kind === 'unix' ? `unix:${target.path}` : `${bracketed(target.hostname)}:${target.port}`
  return tls === null ? address : `https://${address}`
}

/** For `Host` in requests of our own: the name that the certificate is for, else the host name; the port unless it is the usual one. */
export function hostOf({ target, tls }: ProviderService): string {
  const name = tls?.name ?? (target.kind === 'tcp' ? target.hostname : 'localhost')
  const usualPort = tls === null ? HTTP_PORT : HTTPS_PORT
  const isUsual = target.kind === 'unix' || target.port === usualPort
  return isUsual ? bracketed(name) : `${bracketed(name)}:${target.port}`
}

/** For `connect` of node:net and node:tls. */
export function connectOptions({ target }: ProviderService): NetConnectOpts {
  if (target.kind === 'unix') return { path: target.path }
  return {
    host: target.hostname,
    port: target.port,
    noDelay: true,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: NEXT_ADDRESS_AFTER_MS,
  }
}

function bracketed(host: string): string {
  return isIPv6(host) ? `[${host}]` : host
}
