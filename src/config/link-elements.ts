// The part of the table of elements that is about links: where they are awaited and whither they lead, what they run over, and who may be
// on the other side. schema.ts has the rest, and says what a table is for. Long because it is a table.

import { type ElementRule, integer, PORT, PORT_OR_ANY, type Taken, YES_NO } from './element-rule.ts'

export const CARRIERS = ['udp', 'tcp', 'websocket'] as const
export type CarrierName = (typeof CARRIERS)[number]

const CARRIER: Taken = { kind: 'word', words: CARRIERS, later: [] }
const FILE: Taken = { kind: 'path', of: 'file' }

/** Each is tried for `fallback_after` before the next: with more, nobody would wait for the last. */
const MOST_CARRIERS = 8

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
      'no: providers on this machine only (127.0.0.1, and ::1 where there is one); yes: all addresses, IPv6 and IPv4, which needs <identity> and <authorized_providers>, or <tls> with <ca>, or <insecure>yes</insecure>.',
    example: 'no',
  },
  {
    name: 'port',
    under: ['listener'],
    takes: PORT_OR_ANY,
    fallback: '12345',
    meaning:
      'The port that providers dial, of UDP or TCP as the carrier says; 0 takes any free one and shows it in the ready line.',
    example: '12345',
  },
  {
    name: 'carrier',
    under: ['listener'],
    takes: CARRIER,
    fallback: 'udp',
    meaning:
      'What links run over here. udp: the best where it gets through; tcp: where UDP is blocked; websocket: where only the web gets through, also behind a web server.',
    example: 'udp',
  },
  {
    name: 'path',
    under: ['listener'],
    takes: { kind: 'url path' },
    fallback: '/edgerq',
    meaning: 'Of a websocket listener: the path at which providers ask for it.',
    example: '/edgerq',
  },
  {
    name: 'certificate',
    under: ['listenerTls'],
    takes: FILE,
    fallback: null,
    meaning:
      'The PEM file of the certificate that is shown to providers, with those between it and its authority behind it. A relative path starts at the folder of this file.',
    example: '/etc/edgerq/consumer.pem',
  },
  {
    name: 'private_key',
    under: ['listenerTls'],
    takes: FILE,
    fallback: null,
    meaning: 'The PEM file of the private key of that certificate. A relative path starts at the folder of this file.',
    example: '/etc/edgerq/consumer-key.pem',
  },
  {
    name: 'ca',
    under: ['listenerTls'],
    takes: FILE,
    fallback: '',
    absent: 'none: providers need no certificate',
    meaning:
      'The PEM file of the authorities of which one must have signed the certificate that a provider then must show (mutual TLS). A relative path starts at the folder of this file.',
    example: 'providers-ca.pem',
  },
  {
    name: 'allow',
    under: ['listenerTls'],
    takes: { kind: 'certificate name' },
    fallback: '',
    absent: 'whoever has a certificate of <ca> may serve what its key allows',
    meaning:
      'Whose certificates count, and for which services: a name for which a certificate may be (a DNS name, an IP address or a URI), as often as needed. With any of them a provider may serve what one of its names allows, and of that, where there are keys, what its key allows.',
    example: 'provider1.example.org',
    most: Number.POSITIVE_INFINITY,
    attributes: [
      {
        name: 'services',
        takes: { kind: 'services' },
        fallback: null,
        meaning: 'What may be served under that name: UUIDs with commas between them, or * for every service here.',
        example: '<allow services="11111111-2222-3333-4444-555555555555">provider1.example.org</allow>',
      },
    ],
  },
  {
    name: 'identity',
    under: ['consumer'],
    takes: FILE,
    fallback: '',
    absent: 'none: providers need no keys',
    meaning:
      'The file with the private key of this consumer, as edgerq keygen makes it; it needs <authorized_providers> beside it, and from then on nobody is let in without a key. A relative path starts at the folder of this file.',
    example: 'consumer.key',
  },
  {
    name: 'authorized_providers',
    under: ['consumer'],
    takes: FILE,
    fallback: '',
    absent: 'none',
    meaning:
      'The file that lists the public keys of the providers which may connect, and the services that each may offer (see "Keys"); changes count at once. A relative path starts at the folder of this file.',
    example: 'providers',
  },
  {
    name: 'identity',
    under: ['provider', 'pipe'],
    takes: FILE,
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
    takes: FILE,
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
      'The host of the consumer: a name, an IPv4 or an IPv6 address. Other hosts than this one need <identity> and <consumer_key>, or TLS (<tls>, or wss:// in a url), or <insecure>yes</insecure>.',
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
    name: 'carrier',
    under: ['pipe'],
    takes: CARRIER,
    fallback: 'udp',
    meaning:
      'What the link runs over. Several are ways to the same consumer in the order of preference: where one gets no answer, the next is tried.',
    example: 'udp',
    most: MOST_CARRIERS,
    attributes: [
      {
        name: 'hostname',
        takes: { kind: 'host' },
        fallback: '',
        absent: 'hostname of the pipe',
        meaning: 'Where this way leads, for udp and tcp: the consumer, or stunnel on this machine.',
        example: '<carrier hostname="127.0.0.1" port="7000" tls="no">tcp</carrier>',
      },
      {
        name: 'port',
        takes: PORT,
        fallback: '',
        absent: 'port of the pipe',
        meaning: 'Its port there, for udp and tcp.',
        example: '<carrier port="443">tcp</carrier>',
      },
      {
        name: 'tls',
        takes: YES_NO,
        fallback: '',
        absent: 'yes if the pipe has <tls>, else no',
        meaning:
          'no: this way, of tcp, does without the <tls> of the pipe, for example because it leads through stunnel.',
        example: '<carrier tls="no">tcp</carrier>',
      },
      {
        name: 'url',
        takes: { kind: 'websocket url' },
        fallback: '',
        absent: 'none; it must be there for websocket',
        meaning:
          'Where this way leads, for websocket: wss:// with TLS, by the <tls> of the pipe if there is one, or ws:// without.',
        example: '<carrier url="wss://server.example.org/edgerq">websocket</carrier>',
      },
    ],
  },
  {
    name: 'fallback_after',
    under: ['pipe'],
    takes: { kind: 'number', least: 0.1, most: 60, unit: 'seconds', decimals: 3 },
    fallback: '3',
    meaning: 'How long one carrier may stay without an answer before the next is tried beside it.',
    example: '1.5',
  },
  {
    name: 'probe',
    under: ['pipe'],
    takes: integer(1, 86_400, 'seconds'),
    fallback: '60',
    meaning: 'How often a better carrier is tried while a worse one has the link.',
    example: '300',
  },
  {
    name: 'ca',
    under: ['tls', 'pipeTls'],
    takes: FILE,
    fallback: '',
    absent: 'the authorities that Node.js trusts',
    meaning:
      'The PEM file of the authorities of which one must have signed the certificate of the other side; a relative path starts at the folder of this file.',
    example: '/etc/ssl/our-ca.pem',
  },
  {
    name: 'name',
    under: ['tls', 'pipeTls'],
    takes: { kind: 'host' },
    fallback: '',
    absent: 'the hostname that is dialled',
    meaning:
      'The name, or the IP address, that the certificate of the other side must be for; a name is also sent as SNI.',
    example: 'app.example.org',
  },
  {
    name: 'certificate',
    under: ['pipeTls'],
    takes: FILE,
    fallback: '',
    absent: 'none is shown',
    meaning:
      'The PEM file of the certificate that is shown to a consumer whose listener has <ca>; <private_key> must stand beside it. A relative path starts at the folder of this file.',
    example: 'provider.pem',
  },
  {
    name: 'private_key',
    under: ['pipeTls'],
    takes: FILE,
    fallback: '',
    absent: 'none',
    meaning: 'The PEM file of the private key of that certificate. A relative path starts at the folder of this file.',
    example: 'provider-key.pem',
  },
]
