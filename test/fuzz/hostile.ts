/** What broken and hostile callers send: values, texts, bytes, headers, addresses. */
import type { SeededRandom } from '../../src/math/index.ts'

export const pick = <T>(random: SeededRandom, list: readonly T[]): T =>
  list[random.int(list.length)]!

/** Written into the JSON text as it stands: no JSON.stringify makes these. */
const RAW = ['1e999', '-1e999', '-0', '1e-400', '123456789012345678901234567890', '0.1e+308']
const rawNumber = (n: number): string => `@raw${n}@`
const PROTO_KEY = '@proto@'

const VALUES: readonly ((random: SeededRandom) => unknown)[] = [
  () => null,
  () => true,
  () => '',
  () => ' ',
  () => [],
  () => ({}),
  () => -1,
  () => 0.5,
  () => Number.MAX_SAFE_INTEGER + 2,
  () => 2 ** 31,
  () => 2 ** 63,
  (random) => rawNumber(random.int(RAW.length)),
  () => 'nul \u0000 inside',
  () => 'high \ud800 alone',
  () => '\udc00',
  () => '\u001f\u007f\u0085',
  () => '\u202e\u200b\ufeff\uffff',
  () => '👩‍👩‍👧‍👦'.repeat(64),
  () => 'x'.repeat(257),
  () => 'x'.repeat(70_000),
  () => "'; drop table event_log; --",
  () => '<script>alert(1)</script>',
  () => '${7*7}{{7*7}}%s%n',
  () => '../../../../etc/passwd',
  () => '9999-12-31T23:59:59Z',
  () => '+275760-09-13T00:00:00.001Z',
  () => '-271821-04-20T00:00:00Z',
  () => '0000-00-00T00:00:00Z',
  () => '2026-02-30T25:61:61Z',
  () => '2999-01-01T00:00:00+99:99',
  () => 'NaN',
  () => '__proto__',
  () => 'constructor',
  () => Array.from({ length: 1_001 }, (_, i) => i),
  () => ({ [PROTO_KEY]: { isAdmin: true }, constructor: { prototype: { polluted: 1 } } }),
  () => nest(40),
  () => ({ toString: 1, valueOf: null, toJSON: 'x', then: 'y', length: -1 }),
]

function nest(depth: number): unknown {
  let value: unknown = 'deep'
  for (let i = 0; i < depth; i++) value = i % 2 === 0 ? [value] : { a: value }
  return value
}

export const hostileValue = (random: SeededRandom): unknown => pick(random, VALUES)(random)

type Place = readonly [Record<string | number, unknown>, string | number]

function places(value: unknown, found: Place[] = []): Place[] {
  if (value === null || typeof value !== 'object') return found
  for (const key of Object.keys(value)) {
    const owner = value as Record<string, unknown>
    found.push([owner, key])
    places(owner[key], found)
  }
  return found
}

/** The value with one to three faults in it. */
export function spoil(random: SeededRandom, value: unknown): unknown {
  const root = { value: structuredClone(value) }
  for (let n = 1 + random.int(3); n > 0; n--) {
    const all = places(root)
    if (all.length === 0) break
    const [owner, key] = pick(random, all.length > 1 && random.next() < 0.9 ? all.slice(1) : all)
    const choice = random.next()
    if (choice < 0.15 && !Array.isArray(owner)) delete owner[key]
    else if (choice < 0.3 && !Array.isArray(owner))
      owner[pick(random, [PROTO_KEY, 'constructor', 'unknown_key', '', '\u0000', '\ud800'])] =
        hostileValue(random)
    else owner[key] = hostileValue(random)
  }
  return root.value
}

export function jsonText(value: unknown): string {
  return (JSON.stringify(value) ?? '')
    .replace(/"@raw(\d)@"/g, (_, n: string) => RAW[Number(n)]!)
    .replaceAll(`"${PROTO_KEY}"`, '"__proto__"')
}

const TEXTS: readonly ((text: string, random: SeededRandom) => string)[] = [
  () => '',
  () => ' \n\t ',
  () => 'null',
  () => '[]',
  () => '"text"',
  () => '0',
  () => '{',
  () => '{"a":1,}',
  () => "{'a':1}",
  () => '{"a":NaN}',
  () => '\ufeff{}',
  () => '['.repeat(20_000),
  () => '{"a":'.repeat(5_000) + '1' + '}'.repeat(5_000),
  () => '['.repeat(3_000) + ']'.repeat(3_000),
  () => `{"events":[${'{},'.repeat(1_000)}{}]}`,
  () => '{"events":[{"__proto__":{"lead_id":"x"}}],"__proto__":{"events":1}}',
  (text) => text.slice(0, -1),
  (text) => text + text,
  (text, random) => text.slice(0, random.int(text.length + 1)),
  (text, random) => {
    const at = random.int(text.length + 1)
    return (
      text.slice(0, at) +
      pick(random, ['\u0000', '"', '\\', '}', '\\ud800', ',,', '\u2028']) +
      text.slice(at)
    )
  },
  (text) => text.replace('{', '{"lead_id":"first","lead_id":"second",'),
]

export const spoilText = (random: SeededRandom, text: string): string =>
  pick(random, TEXTS)(text, random)

const BYTES = [
  [0xff],
  [0xc3],
  [0xed, 0xa0, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xc0, 0x80],
  [0],
]

/** The text with bytes in it that are no UTF-8. */
export function spoilBytes(random: SeededRandom, text: string): Buffer {
  const at = Math.max(0, text.indexOf('fuzz-'))
  return Buffer.concat([
    Buffer.from(text.slice(0, at)),
    Buffer.from(pick(random, BYTES)),
    Buffer.from(text.slice(at)),
  ])
}

export const CONTENT_TYPES = [
  'text/plain',
  'application/xml',
  'application/json; charset=utf-16',
  'application/json; charset="',
  'application/jsonx',
  'APPLICATION/JSON;;',
  'multipart/form-data',
  'multipart/form-data; boundary=x',
  'application/x-www-form-urlencoded',
  'application/octet-stream',
  '/',
  'json',
  '',
  'application/json, text/plain',
]

/** Further header lines; most are wrong in themselves. */
export const HEADERS = [
  'Content-Encoding: gzip',
  'Content-Encoding: br',
  'Content-Encoding: identity, gzip',
  'Content-Encoding: nothing',
  'Accept: application/xml',
  'Accept-Encoding: gzip;q=nan',
  'Expect: 100-continue',
  'Expect: miracles',
  'Origin: null',
  'Origin: https://evil.example',
  'Cookie: eh_refresh=eh_rt_' + 'a'.repeat(43),
  'Cookie: __proto__=1; eh_refresh=' + '%'.repeat(500),
  'X-Forwarded-For: 127.0.0.1, ::1, "',
  'X-HTTP-Method-Override: DELETE',
  'Range: bytes=0-18446744073709551615',
  'If-None-Match: *',
  'Host: other.example',
  'Upgrade: h2c',
  'Connection: Upgrade\r\nUpgrade: websocket',
  'Connection: close, keep-alive',
  'Sec-WebSocket-Protocol: , ,\u00e9',
  'X-Long: ' + 'a'.repeat(8_000),
  'X-Huge: ' + 'a'.repeat(20_000),
  Array.from({ length: 300 }, (_, i) => `X-Many-${i}: ${i}`).join('\r\n'),
  'Authorization: Basic ' + Buffer.from('a:b:c').toString('base64'),
  'Bad Header: x',
  ': empty',
  'NoColon',
  'X-Nul: \u0000',
]

export const CREDENTIALS = [
  'Bearer',
  'Bearer ',
  'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOjEsIndvcmtzcGFjZSI6MX0.',
  'Bearer eh_sk_' + 'A'.repeat(43),
  'Bearer eh_pk_' + 'A'.repeat(43),
  'Basic !!!!',
  'Basic ' + 'A'.repeat(4_000),
  'Digest username="x"',
  '\u00ff\u00fe',
  'Bearer a b c',
]

export const PATH_PARTS = [
  '%00',
  '%ff',
  '%',
  '%2',
  '%zz',
  '%2e%2e',
  '..',
  '.',
  '~',
  '%2f',
  '%5c..',
  '*',
  ':id',
  '0',
  '-1',
  '1e3',
  '2147483648',
  '9223372036854775808',
  'NaN',
  'null',
  'undefined',
  '__proto__',
  'constructor',
  '%ed%a0%80',
  '%F0%9F%92%A9',
  'a'.repeat(300),
  'a'.repeat(6_000),
  '%0d%0aX-Injected:1',
  '',
  "'%20or%201=1",
  '%7B%7D',
  'lead-1%00',
  ';a=b',
  '@',
  '[::1]',
]

export const QUERIES = [
  '?limit=-1',
  '?limit=1e9',
  '?limit=abc',
  '?limit=',
  '?limit[]=1',
  '?cursor=%00',
  '?cursor=AAAA',
  '?cursor=%ff%fe',
  '?q=%00',
  '?q=' + 'q'.repeat(5_000),
  '?q=%25_%5C',
  '?sort=__proto__',
  '?__proto__[a]=1',
  '?constructor=1',
  '?a=1&a=2&a=3',
  '?limit=1&limit=2',
  '?=',
  '?&&&',
  '?%',
  '?owner_id=99999999999999999999',
  '?segment=%ed%a0%80',
  '??',
  '?as_of=9999999999999',
  '#x',
]

export const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'PURGE',
  'CONNECT',
  'BREW',
  'get',
]

/** Whole messages that are no HTTP. */
export const GARBAGE = [
  'GET\r\n\r\n',
  'HELLO\r\n\r\n',
  'GET / HTTP/9.9\r\nHost: x\r\n\r\n',
  'GET / HTTP/1.1\r\n\r\n',
  'GET /\u0000 HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET http:// HTTP/1.1\r\nHost: x\r\n\r\n',
  'GET //// HTTP/1.1\r\nHost: x\r\n\r\n',
  'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n',
  'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
  'POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  'POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nhello\r\n',
  'POST /v1/events HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n',
  '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
]
