// Whose word about the origin of a request is believed.

import { BlockList, isIP } from 'node:net'
import { plainAddress } from './peer-address.ts'

export class TrustedProxies {
  readonly #networks = new BlockList()

  /** `cidrs`: checked networks such as `10.0.0.0/8` or `::1/128`; bits behind the prefix do not count. */
  constructor(cidrs: readonly string[]) {
    for (const cidr of cidrs) {
      const [network = '', prefix = ''] = cidr.split('/')
      this.#networks.addSubnet(network, Number(prefix), familyOf(network))
    }
  }

  /** `address`: that of the client's socket; undefined: it is gone, or is not of IP. */
  trusts(address: string | undefined): boolean {
    const plain = plainAddress(address ?? '')
    return isIP(plain) !== 0 && this.#networks.check(plain, familyOf(plain))
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6'
}
