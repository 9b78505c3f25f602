import { writeFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { putFile, requireUploadUrl } from './put-file.ts';

const path = join(t.testdir(), 'a.wav');
writeFileSync(path, Buffer.alloc(2 ** 20, 7));

async function server(t: Test, listener: RequestListener): Promise<string> {
  const it = createServer(listener);
  await new Promise<void>((resolve) => it.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    it.closeAllConnections();
    it.close();
  });
  return `http://127.0.0.1:${(it.address() as AddressInfo).port}/a?signature=secret`;
}
const put = (url: string, more: object = {}) =>
  putFile({
    url,
    headers: {},
    path,
    mediaType: 'audio/wav',
    allowsPrivate: true,
    signal: new AbortController().signal,
    sent: () => undefined,
    ...more,
  });

t.test('where no file may go is refused before anything is sent, and nothing of the query is told', async (t) => {
  for (const url of [
    'http://storage.example/a?secret=1',
    'ftp://storage.example/a?secret=1',
    'https://user:secret@storage.example/a',
    'https://storage.example/a#secret',
    'https://127.0.0.1/a?secret=1',
    'https://10.0.0.1/?secret=1',
    'https://169.254.169.254/latest/meta-data?secret=1',
    'https://[::1]/?secret=1',
    'https://[::ffff:127.0.0.1]/?secret=1',
    'https://[fd00:ec2::254]/?secret=1',
    'https://[64:ff9b::7f00:1]/?secret=1',
    'https://0x7f000001/?secret=1',
    'https://2130706433/?secret=1',
    'https://127.1/?secret=1',
    'file:///etc/secret',
    'secret',
  ]) {
    t.throws(() => requireUploadUrl(url, {}, false), { code: 'REQUEST_INVALID' }, url);
    try {
      requireUploadUrl(url, {}, false);
    } catch (error) {
      t.notMatch(JSON.stringify(error), 'secret=', url);
    }
  }
  t.equal(requireUploadUrl('https://storage.example/a?x=1', {}, false).host, 'storage.example');
  for (const name of ['Content-Length', 'host', 'Transfer-Encoding', 'connection'])
    t.throws(() => requireUploadUrl('https://storage.example/', { [name]: 'x' }, false), { message: /leave it out/ });
});

t.test('a name of this machine is refused', async (t) => {
  await t.rejects(put('https://localhost/a?signature=secret', { allowsPrivate: false }), {
    code: 'REQUEST_INVALID',
    message: /Cannot upload to https:\/\/localhost\/a: /,
  });
});

t.test('a redirect is an answer that refuses: nothing is sent elsewhere', async (t) => {
  let asked = 0;
  const elsewhere = await server(t, (request, response) => {
    asked += 1;
    request.resume();
    response.end();
  });
  const url = await server(t, (request, response) => {
    request.resume();
    request.on('end', () => response.writeHead(307, { location: elsewhere }).end());
  });
  await t.rejects(put(url), { code: 'EXPORT_UPLOAD', message: /it answered 307/, details: { status: 307 } });
  t.equal(asked, 0);
});

t.test('a receiver that answers before it has all, or goes away, has failed', async (t) => {
  const early = await server(t, (_request, response) => response.end());
  const big = join(t.testdir(), 'big.wav');
  writeFileSync(big, Buffer.alloc(64 * 2 ** 20));
  await t.rejects(put(early, { path: big }), { code: 'EXPORT_UPLOAD' });
  const gone = await server(t, (request) => request.once('data', () => request.socket.destroy()));
  await t.rejects(put(gone), { code: 'EXPORT_UPLOAD', message: /ECONNRESET|EPIPE/ });
  await t.rejects(put('http://127.0.0.1:9/a?signature=secret'), { code: 'EXPORT_UPLOAD', message: /ECONNREFUSED/ });
});

t.test('it is called off with the reason of the signal, and tells how far it is', async (t) => {
  const stop = new AbortController();
  const url = await server(t, (request) => request.once('data', () => stop.abort(new Error('called off'))));
  await t.rejects(put(url, { signal: stop.signal }), { message: 'called off' });
  const sent: number[] = [];
  const whole = await server(t, (request, response) => {
    request.resume();
    request.on('end', () => response.end());
  });
  await put(whole, { sent: (bytes: number) => sent.push(bytes) });
  t.equal(sent.at(-1), 2 ** 20);
});
