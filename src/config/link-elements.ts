// The part of the table of elements that is about links: where they are awaited and whither they lead, what they run over, and who may be
// on the other side. schema.ts has the rest, and says what a table is for. Long because it is a table.

import { type ElementRule, PORT, PORT_OR_ANY, type Taken, YES_NO } from './element-rule.ts'

const CARRIER: Taken = { kind: 'word', words: ['udp'], later: ['tcp'] }

export const LINK_ELEMENTS: readonly ElementRule[] = [
  {
    name: 'name',
    under: ['pipe'],
    takes: { kind: 'name' },
    fallback: '',
    absent: 'pipe1, pipe2, … in the order of the file',
    meaning: 'What people call the pipe, in logs and in status.',
    example: 'pipe1',
  },
  {
    name: 'inaddr_any',
    under: ['listener'],
    takes: YES_NO,
    fallback: 'no',
    meaning:
      'no: providers on this machine only (127.0.0.1, and ::1 where there is one); yes: all addresses, IPv6 and IPv4, which needs <identity> and <authorized_providers>, or <insecure>yes</insecure>.',
    example: 'no',
  },
  {
    name: 'port',
    under: ['listener'],
    takes: PORT_OR_ANY,
    fallback: '12345',
    meaning: 'The UDP port that providers dial; 0 takes any free one and shows it in the ready line.',
    example: '12345',
  },
  {
    name: 'carrier',
    under: ['listener', 'pipe'],
    takes: CARRIER,
    fallback: 'udp',
    meaning: 'What the link runs over.',
    example: 'udp',
  },
  {
    name: 'identity',
    under: ['consumer'],
    takes: { kind: 'path', of: 'file' },
    fallback: '',
    absent: 'none: providers need no keys',
    meaning:
      'The file with the private key of this consumer, as edgerq keygen makes it; it needs <authorized_providers> beside it, and from then on nobody is let in without a key. A relative path starts at the folder of this file.',
    example: 'consumer.key',
  },
  {
    name: 'authorized_providers',
    under: ['consumer'],
    takes: { kind: 'path', of: 'file' },
    fallback: '',
    absent: 'none',
    meaning:
      'The file that lists the public keys of the providers which may connect, and the services that each may offer (see "Keys"); changes count at once. A relative path starts at the folder of this file.',
    example: 'providers',
  },
  {
    name: 'identity',
    under: ['provider', 'pipe'],
    takes: { kind: 'path', of: 'file' },
    fallback: '',
    absent: 'none; in a pipe what the root says',
    meaning:
      'The file with the private key of this provider, as edgerq keygen makes it; pipes that have it need <consumer_key>. A relative path starts at the folder of this file.',
    example: 'provider.key',
  },
  {
    name: 'consumer_key',
    under: ['pipe'],
    takes: { kind: 'keys' },
    fallback: '',
    absent: 'none: whoever answers is believed',
    meaning:
      'The public key of the consumer, as edgerq keygen or edgerq pubkey prints it there. Two, with a blank between them, while the consumer changes its key.',
    example: 'eqpk1:hSDwCYkwp1R0i33ctD73Wg2_Og0mOBr066SpjqqbTmo',
  },
  {
    name: 'psk_file',
    under: ['pipe'],
    takes: { kind: 'path', of: 'file' },
    fallback: '',
    absent: 'none',
    meaning:
      "The file with a pre-shared key, as edgerq keygen --psk makes it, if the consumer's line for our key names one too. A relative path starts at the folder of this file.",
    example: 'link.psk',
  },
  {
    name: 'insecure',
    under: ['consumer'],
    takes: YES_NO,
    fallback: 'no',
    meaning:
      'yes: listeners that others can reach are opened without keys. The link is encrypted, but anyone who reaches them can offer services.',
    example: 'yes',
  },
  {
    name: 'insecure',
    under: ['pipe'],
    takes: YES_NO,
    fallback: 'no',
    meaning:
      'yes: the pipe may lead to another host without keys. The link is encrypted, but whoever answers there is believed.',
    example: 'yes',
  },
  {
    name: 'hostname',
    under: ['pipe'],
    takes: { kind: 'host' },
    fallback: null,
    meaning:
      'The host of the consumer: a name, an IPv4 or an IPv6 address. Other hosts than this one need <identity> and <consumer_key>, or <insecure>yes</insecure>.',
    example: '127.0.0.1',
  },
  {
    name: 'port',
    under: ['pipe'],
    takes: PORT,
    fallback: null,
    meaning: "The port of the consumer's listener.",
    example: '12345',
  },
  {
    name: 'ca',
    under: ['tls'],
    takes: { kind: 'path', of: 'file' },
    fallback: '',
    absent: 'the authorities that Node.js trusts',
    meaning:
      "The PEM file of the authorities of which one must have signed the target's certificate; a relative path starts at the folder of this file.",
    example: '/etc/ssl/our-ca.pem',
  },
  {
    name: 'name',
    under: ['tls'],
    takes: { kind: 'host' },
    fallback: '',
    absent: 'hostname of the service',
    meaning: "The name, or the IP address, that the target's certificate must be for; a name is also sent as SNI.",
    example: 'app.example.org',
  },
]
