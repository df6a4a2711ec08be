// Spellings of paths that programs like to tidy up, each in a way of its own. Who decides by the path who may see what must be shown the very
// bytes that the next one is shown.

export const PATHS: readonly string[] = [
  // Steps up and down.
  ...[
    '/a/../b',
    '/a/./b',
    '/../b',
    '/..',
    '/.',
    '/a/..',
    '/a/../',
    '/a/.',
    '/a/.../b',
    '/..;/b',
    '/a/..;x=y/b',
    '/a/.;/b',
  ],
  // The same with escapes, in both cases, once and twice.
  ...[
    '/%2e%2e/b',
    '/%2E%2E/b',
    '/.%2e/b',
    '/%2e./b',
    '/%2e/b',
    '/a%2f..%2fb',
    '/a%2Fb',
    '/a%2fb',
    '/%252e%252e/b',
    '/a%252fb',
  ],
  // Slashes in number and in kind.
  ...[
    '//',
    '//a',
    '//a//b',
    '///a',
    '/a//',
    '/a///b/',
    '/\\a',
    '/a\\..\\b',
    '/a%5cb',
    '/a%5C..%5Cb',
    '//a@b/',
    '/a/%2f%2f/b',
  ],
  // Parameters of segments.
  ...['/a;b', '/a;b=c/d', '/;a/b', '/a/;/b', '/a%3bb', '/a%3Bb=c'],
  // Escapes of what needs none, and of what must not be there.
  ...[
    '/%61',
    '/%41dmin',
    '/a%20b',
    '/a+b',
    '/%00',
    '/a%0d%0ab',
    '/a%0ab',
    '/%7f',
    '/%ff',
    '/%c3%a9',
    '/%c0%ae%c0%ae/b',
    '/%u002e',
  ],
  // Broken escapes.
  ...['/%', '/a%', '/%2', '/%zz', '/%%32%65'],
  // Queries and their look-alikes.
  ...['/?', '/?a', '/a?b?c', '/a?b=/../c', '/a?b%23c', '/a%3fb', '/a%23b', '/??', '/a?b&c=;d'],
  // Characters that RFC 3986 does not allow and that are in use.
  ...['/a|b', '/a"b', '/<a>', '/{a}', '/[a]', '/a^b', '/a`b', "/a'b", '/~a', '/!$&()*,=:@'],
]
