// The functions of the OpenSSL that Node carries and shows to addons, called through koffi, where that is installed. node:crypto reaches the
// same code with an object and a copy for each message.

/** Addresses are numbers. What answers with a number answers 1 when all went well. */
export interface OpensslCalls {
  EVP_EncryptInit_ex(context: number, cipher: null, engine: null, key: number, iv: number): number
  EVP_EncryptUpdate(context: number, into: number | null, bytesOut: number, from: number, bytes: number): number
  EVP_EncryptFinal_ex(context: number, into: number, bytesOut: number): number
  EVP_DecryptInit_ex(context: number, cipher: null, engine: null, key: number, iv: number): number
  EVP_DecryptUpdate(context: number, into: number | null, bytesOut: number, from: number, bytes: number): number
  EVP_DecryptFinal_ex(context: number, into: number, bytesOut: number): number
  EVP_CIPHER_CTX_ctrl(context: number, control: number, value: number, at: number): number
  /** Of this thread: node:crypto would take them for its own. */
  ERR_clear_error(): void
  /** Contexts that encrypt and decrypt with ChaCha20-Poly1305, whose keys are still to come; they live as long as the process. */
  readonly encrypting: number
  readonly decrypting: number
  /** Where the bytes of a buffer stand in memory; they stay there for as long as it is referenced. */
  addressOf(buffer: ArrayBufferLike): number
}

const DECLARATIONS = [
  'int EVP_EncryptInit_ex(void *context, void *cipher, void *engine, void *key, void *iv)',
  'int EVP_EncryptUpdate(void *context, void *into, void *bytes_out, void *from, int bytes)',
  'int EVP_EncryptFinal_ex(void *context, void *into, void *bytes_out)',
  'int EVP_DecryptInit_ex(void *context, void *cipher, void *engine, void *key, void *iv)',
  'int EVP_DecryptUpdate(void *context, void *into, void *bytes_out, void *from, int bytes)',
  'int EVP_DecryptFinal_ex(void *context, void *into, void *bytes_out)',
  'int EVP_CIPHER_CTX_ctrl(void *context, int control, int value, void *at)',
  'void ERR_clear_error()',
]

type Koffi = typeof import('koffi')['default']
type Library = ReturnType<Koffi['load']>

/** Null: koffi is not installed, or there is no such OpenSSL in this process. */
export async function loadOpenssl(): Promise<OpensslCalls | null> {
  try {
    const koffi = (await import('koffi')).default
    return openssl(koffi, koffi.load(null))
  } catch {
    return null
  }
}

function openssl(koffi: Koffi, library: Library): OpensslCalls {
  const calls = DECLARATIONS.map((declaration) => [/(\w+)\(/.exec(declaration)![1]!, library.func(declaration)])
  const cipher = library.func('void *EVP_chacha20_poly1305()')()
  const newContext = library.func('void *EVP_CIPHER_CTX_new()')
  const contextFor = (init: string): number => {
    const context = newContext()
    const setUp = library.func(`int ${init}(void *context, void *cipher, void *engine, void *key, void *iv)`)
    if (setUp(context, cipher, null, null, null) !== 1) throw new Error('this OpenSSL has no ChaCha20-Poly1305')
    return Number(koffi.address(context as object))
  }
  return {
    ...(Object.fromEntries(calls) as Omit<OpensslCalls, 'encrypting' | 'decrypting' | 'addressOf'>),
    encrypting: contextFor('EVP_EncryptInit_ex'),
    decrypting: contextFor('EVP_DecryptInit_ex'),
    addressOf: (buffer) => Number(koffi.address(new Uint8Array(buffer))),
  }
}
