// Prints what follows from the table of elements: both XSDs, and the reference in docs/configuration.md. Run it from the project's
// root (`npm run xsd`); a test fails while they differ from the table.

import { readFileSync, writeFileSync } from 'node:fs'
import { withReference } from '../src/config/manual.ts'
import { xsdOf } from '../src/config/xsd.ts'

const MANUAL = 'docs/configuration.md'

writeFileSync('config/consumer.xsd', xsdOf('consumer'))
writeFileSync('config/provider.xsd', xsdOf('provider'))
writeFileSync(MANUAL, withReference(readFileSync(MANUAL, 'utf8')))
