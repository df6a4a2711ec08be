// `npm run demo`: one consumer, one provider and a web server on this machine, with the sample files of config/.
// It stays up until Ctrl-C; `npm run demo -- --once` ends after the first round, with status 0 if all went well.

import { runShowcase } from './showcase.ts'

const PICTURE = `  you ──HTTP──▶ edgerq-sc ◀══reliable UDP══ edgerq-sp ──HTTP──▶ web server
       port 3000           port 12345                  port 3088

  The provider dials out to the consumer, so it may sit behind any NAT; requests then flow the other way.`

process.exitCode = await runShowcase({
  title: 'edgerq demo: a web server behind a tunnel',
  picture: PICTURE,
  daemons: [
    { program: 'edgerq-sc', configFile: 'config/consumer.xml' },
    { program: 'edgerq-sp', configFile: 'config/provider.xml' },
  ],
  servicePort: 3000,
  webServerPort: 3088,
  nextSteps: [
    'curl http://127.0.0.1:3000/                                   the web server greets you through the tunnel',
    'curl -o /dev/null http://127.0.0.1:3000/bytes/1000000000      a gigabyte',
    'curl -T package-lock.json http://127.0.0.1:3000/hash          an upload; compare with: sha256sum package-lock.json',
    'curl -N http://127.0.0.1:3000/events                          an event each second, as it happens',
    "curl 'http://127.0.0.1:3000/slow?ms=5000'                      too slow for <request_ttl>: the tunnel says so, with a code",
    'node dist/stresstest/edgerq-stresstest.js http://127.0.0.1:3000/bytes/1000',
    '                                                              load, of which every answer is checked',
    'npm run overlay                                               two tunnels in a row (stop this one first)',
  ],
})
