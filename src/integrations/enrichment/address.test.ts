import { expect, test } from 'vitest'
import { isPublicAddress, publicLookup, refusalOfUrl } from './address.ts'
import { callHook, signatureOf } from './call.ts'

test('only addresses of the public internet are open', () => {
  const closed =
    '0.0.0.0 10.1.2.3 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 ' +
    '172.31.255.255 192.168.1.1 192.0.2.1 198.18.0.1 203.0.113.9 224.0.0.1 255.255.255.255 ' +
    ':: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 64:ff9b::7f00:1 fc00::1 fd12::1 fe80::1 ff02::1 ' +
    '2001:db8::1 2002:7f00:1:: localhost example.com'
  for (const address of closed.split(' '))
    expect([address, isPublicAddress(address)]).toEqual([address, false])
  const open = '8.8.8.8 172.15.255.255 172.32.0.1 100.128.0.1 2606:4700::1111 2a00:1450::1'
  for (const address of open.split(' '))
    expect([address, isPublicAddress(address)]).toEqual([address, true])
})

test('a URL is refused before it is called, however its host is written', () => {
  const closed = [
    'http://example.com/x',
    'ftp://example.com',
    'https://user:password@example.com',
    'https://localhost/x',
    'https://api.localhost./x',
    'https://127.1/x',
    'https://2130706433/x',
    'https://0x7f.0.0.1/x',
    'https://[::1]:8443/x',
    'https://[::ffff:7f00:1]/x',
    'https://169.254.169.254/latest/meta-data',
    'nonsense',
  ]
  for (const url of closed) expect([url, refusalOfUrl(url, false)]).not.toEqual([url, null])
  expect(refusalOfUrl('https://example.com/leads?x=1', false)).toBeNull()
  expect(refusalOfUrl('http://127.0.0.1:8080', true)).toBeNull()
})

test('a name that resolves to a closed address is not connected to', async () => {
  const found = new Promise<Error | null>((resolve) =>
    publicLookup('localhost', { all: true }, (error) => resolve(error)),
  )
  expect((await found)?.message).toMatch(/no address of the internet/)
})

test('an address that is closed is said, and not tried again', async () => {
  const call = {
    secret: new Uint8Array(32),
    body: '{}',
    callId: 'x',
    sentAt: 1,
    allowPrivate: false,
  }
  expect(await callHook({ ...call, url: 'https://10.0.0.1/x' })).toMatchObject({ isPassing: false })
})

test('the signature is HMAC-SHA256 of the time and the body', () => {
  // From: printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac key
  expect(signatureOf(Buffer.from('key'), 1_700_000_000, '{"a":1}')).toBe(
    't=1700000000,v1=a438e398bfafc57e4396bb7fc2304422f0f768e965d073ca313cb52e22e6ad03',
  )
})
