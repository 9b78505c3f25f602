import t from 'tap';
import { readRequest, shownPath } from './request-message.ts';

const read = (value: unknown) => readRequest(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)));

t.test('a request is read as it is', async (t) => {
  t.strictSame(read({ method: 'GET', path: '/a?b=1' }), {
    method: 'GET',
    path: '/a?b=1',
    headers: {},
    body: undefined,
  });
  const whole = { method: 'PUT', path: '/', headers: { 'X-Mode': 'fast' }, body: { on: true } };
  t.strictSame(read(whole), whole);
  t.equal(shownPath('/a?token=x'), '/a');
});

t.test('what could lead elsewhere, or is no request, is refused by name', async (t) => {
  const get = { method: 'GET', path: '/' };
  for (const [bad, why] of [
    ['{', 'not JSON'],
    ['7', 'no object'],
    [{ ...get, url: 'http://other/' }, 'a key url'],
    [{ ...get, method: 'CONNECT' }, 'method'],
    [{ ...get, path: '//other/' }, 'path'],
    [{ ...get, path: 'http://other/' }, 'path'],
    [{ ...get, path: '/a\r\nHost: other' }, 'path'],
    [{ ...get, path: '/a b' }, 'path'],
    [{ ...get, headers: { Host: 'other' } }, 'header Host'],
    [{ ...get, headers: { authorization: 'x' } }, 'header authorization'],
    [{ ...get, headers: { a: 'b\r\nc: d' } }, 'header a'],
    [{ ...get, headers: 1 }, 'headers'],
  ] as const)
    t.throws(() => read(bad), { code: 'DRIVER_INVALID', message: new RegExp(`${why}.*correct the driver`) }, why);
});
