// `npm run overlay`: two tunnels in a row, with the sample files of config/overlay/. The first provider's target is the second
// consumer's service port, so a service is reached over any number of machines and known by its UUID alone.
// It stays up until Ctrl-C; `npm run overlay -- --once` ends after the first round, with status 0 if all went well.

import { runShowcase } from './showcase.ts'

const PICTURE = `  you ──▶ consumer1 ◀══UDP══ provider1 ──▶ consumer2 ◀══UDP══ provider2 ──▶ web server
     port 3000                         port 3001                         port 3088`

process.exitCode = await runShowcase({
  title: 'edgerq overlay: a web server behind two tunnels',
  picture: PICTURE,
  daemons: [
    { program: 'edgerq-sc', configFile: 'config/overlay/consumer1.xml' },
    { program: 'edgerq-sc', configFile: 'config/overlay/consumer2.xml' },
    { program: 'edgerq-sp', configFile: 'config/overlay/provider2.xml' },
    { program: 'edgerq-sp', configFile: 'config/overlay/provider1.xml' },
  ],
  servicePort: 3000,
  webServerPort: 3088,
  nextSteps: [
    'curl http://127.0.0.1:3000/                                   through both tunnels',
    'curl http://127.0.0.1:3001/                                   through the second one only',
    'curl -o /dev/null http://127.0.0.1:3000/bytes/1000000000      a gigabyte through both',
  ],
})
