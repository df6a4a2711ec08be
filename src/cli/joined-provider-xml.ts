// Writes the configuration of a provider that has joined: what `edgerq-sp join` serves, and what it leaves behind.

import { keyText } from '../keys/key-text.ts'
import type { Token } from '../keys/token.ts'
import type { GrantedService } from '../provider/joining.ts'
import type { JoinOptions, JoinTarget } from './join-options.ts'

/** `identityPath`: as it is to stand there. */
export function joinedProviderXml(
  { token, target, protocol }: JoinOptions,
  identityPath: string,
  services: readonly GrantedService[],
): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Made by edgerq-sp join. -->
<service_provider>
  <identity>${escaped(identityPath)}</identity>
  <pipes>
    <pipe>
${pipeOf(token)}
      <services>
${services.map((service) => serviceOf({ ...service, protocol: protocol ?? service.protocol }, target)).join('\n')}
      </services>
    </pipe>
  </pipes>
</service_provider>
`
}

function pipeOf({ address, consumerKey }: Token): string {
  return `      <hostname>${address.host}</hostname>
      <port>${address.port}</port>
      <consumer_key>${keyText('public', consumerKey)}</consumer_key>`
}

function serviceOf({ uuid, name, protocol }: GrantedService, target: JoinTarget): string {
  const place =
    target.kind === 'unix'
      ? `<socket>${escaped(target.path)}</socket>`
      : `<hostname>${target.address.host}</hostname>
          <port>${target.address.port}</port>`
  return `        <service>
          <uuid>${uuid}</uuid>
          <name>${escaped(nameable(name) || uuid)}</name>
          ${place}
          <protocol>${protocol}</protocol>
        </service>`
}

/** What <name> takes: the consumer chose it. */
function nameable(name: string): string {
  return [...name.replace(/\p{C}/gu, '')].slice(0, MOST_NAME_CHARACTERS).join('').trim()
}

const MOST_NAME_CHARACTERS = 127

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
