import { readFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { type AddressInfo, createServer as createRaw, type Server, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { AudioCloudError } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { NetworkGuard } from '../network/network-guard.ts';
import type { OpenManner, OpenSource } from './media-disk.ts';
import { mediaSources } from './media-sources.ts';
import { urlSources } from './url-sources.ts';

const tls = (name: string) => readFileSync(fileURLToPath(new URL(`../testing/tls/${name}.pem`, import.meta.url)));
const CONTENT = Buffer.alloc(300_000, 'audio ');
const MOST_BYTES = 1_000_000;
/** Long enough for a machine with much to do, where it must not strike. */
const PATIENT = { longestMs: 60_000, idleMs: 20_000, slowestRate: 0 };
const LOCAL = { allowsHttp: true, networks: ['127.0.0.1'] };

const kinds = (settings = PATIENT, rules = LOCAL) =>
  mediaSources(
    { url: urlSources(new NetworkGuard(rules, 'MEDIA_URL'), settings, tls('first-cert').toString()) },
    MOST_BYTES,
  );
const manner = (more: Partial<OpenManner> = {}): OpenManner => ({
  application: 'main',
  signal: new AbortController().signal,
  spentMs: 0,
  ...more,
});

async function listen(t: Test, server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}
const serve = async (t: Test, listener: RequestListener) =>
  `http://127.0.0.1:${await listen(t, createHttp(listener))}/a.wav`;
const serveTls = async (t: Test, listener: RequestListener) =>
  `https://localhost:${await listen(t, createHttps({ cert: tls('first-cert'), key: tls('first-key') }, listener))}/a.wav`;
/** What no library sends: text for a request, then whatever `more` does. */
const serveRaw = async (t: Test, text: string, more: (socket: Socket) => void = (socket) => void socket.end()) =>
  `http://127.0.0.1:${await listen(
    t,
    createRaw((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write(text);
        more(socket);
      });
    }),
  )}/a.wav`;

async function read({ pieces, close }: OpenSource): Promise<Buffer> {
  const all: Uint8Array[] = [];
  try {
    for await (const piece of pieces) all.push(Buffer.from(piece));
  } finally {
    await close();
  }
  return Buffer.concat(all);
}
const take = async (url: string, sources = kinds(), how = manner()) => read(await sources.open({ url }, how));

/** It is refused with a code and words, and says which URL it was. */
async function refused(
  t: Test,
  work: Promise<unknown>,
  code: string,
  words: RegExp,
  details: object = {},
): Promise<void> {
  const error = await work.then(
    () => undefined,
    (thrown) => thrown,
  );
  t.ok(error instanceof AudioCloudError, `refused with ${code}: ${error?.message ?? 'it was not'}`);
  if (error instanceof AudioCloudError) t.match(error.toJSON(), { code, message: words, details });
}

t.test('a file comes whole, over http and https, with its length or without', async (t) => {
  const answers: RequestListener[] = [
    (_request, response) => response.end(CONTENT),
    (_request, response) => {
      response.write(CONTENT.subarray(0, 1000));
      response.end(CONTENT.subarray(1000));
    },
  ];
  for (const answer of answers)
    for (const url of [await serve(t, answer), await serveTls(t, answer)]) t.ok((await take(url)).equals(CONTENT), url);
  const raw = await serveRaw(t, 'HTTP/1.0 200 OK\r\n\r\n', (socket) => void socket.end(CONTENT));
  t.ok((await take(raw)).equals(CONTENT), 'its end is that of the connection');
});

t.test('what is asked tells nothing, and wants it as it is', async (t) => {
  let asked: IncomingMessage | undefined;
  const url = await serve(t, (request, response) => {
    asked = request;
    response.end(CONTENT);
  });
  await take(url);
  t.match(asked!.headers, { 'accept-encoding': 'identity', connection: 'close' });
  t.same(Object.keys(asked!.headers).sort(), ['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
});

t.test('redirects are followed, at most five, and judged each', async (t) => {
  const to =
    (location: string, status = 302): RequestListener =>
    (_request, response) =>
      void response.writeHead(status, { location }).end('here');
  const end = await serve(t, (_request, response) => response.end(CONTENT));
  for (const status of [301, 302, 303, 307, 308])
    t.ok((await take(await serve(t, to(end, status)))).equals(CONTENT), `${status}`);
  const hops = await serve(t, (request, response) => {
    const left = Number(new URL(request.url!, 'http://x').searchParams.get('left') ?? 0);
    if (left === 0) response.end(CONTENT);
    else response.writeHead(302, { location: `?left=${left - 1}` }).end();
  });
  t.ok((await take(`${hops}?left=5`)).equals(CONTENT));
  await refused(t, take(`${hops}?left=6`), 'MEDIA_REFUSED', /redirects more than 5 times/, { mostRedirects: 5 });
  await refused(t, take(`${hops}?left=1000000`), 'MEDIA_REFUSED', /redirects more than 5 times/);
  let reached = 0;
  const inner = createHttp((_request, response) => {
    reached += 1;
    response.end('secret');
  });
  await new Promise<void>((resolve) => inner.listen(0, '127.0.0.2', resolve));
  t.teardown(() => inner.close());
  const { port } = inner.address() as AddressInfo;
  for (const location of [
    `http://127.0.0.2:${port}/`,
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::ffff:127.0.0.2]/',
    'http://10.0.0.1/',
    '//127.0.0.2/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:6379/_FLUSHALL',
    'http://user:password@127.0.0.1/',
    'http://127.0.0.1:22/',
    'http://[',
  ])
    await refused(t, take(await serve(t, to(location))), 'MEDIA_URL', /./);
  t.equal(reached, 0, 'nobody was there');
  const secure = await serveTls(t, to(end));
  await refused(t, take(secure), 'MEDIA_URL', /redirects from https to http/);
  const upwards = await serve(t, to(await serveTls(t, (_request, response) => response.end(CONTENT))));
  t.ok((await take(upwards)).equals(CONTENT));
});

t.test('a name that leads elsewhere a moment later changes nothing', async (t) => {
  const outer = createHttp((_request, response) => response.end(CONTENT));
  const port = await listen(t, outer);
  let reached = 0;
  const inner = createHttp((_request, response) => {
    reached += 1;
    response.end('secret');
  });
  await new Promise<void>((resolve) => inner.listen(port, '127.0.0.2', resolve));
  t.teardown(() => inner.close());
  let asked = 0;
  const resolve = async () => [{ address: asked++ === 0 ? '127.0.0.1' : '127.0.0.2', family: 4 }];
  const kind = urlSources(new NetworkGuard(LOCAL, 'MEDIA_URL', resolve), PATIENT);
  const url = `http://rebind.example.com:${port}/`;
  t.ok((await read(await kind.open(url, manner()))).equals(CONTENT));
  t.equal(asked, 1, 'it was resolved once');
  await refused(t, kind.open(url, manner()), 'MEDIA_URL', /127\.0\.0\.2 is not a public address/);
  t.equal(reached, 0);
});

t.test('a certificate of somebody else, and one of nobody, are refused', async (t) => {
  const url = await serveTls(t, (_request, response) => response.end(CONTENT));
  const unknown = urlSources(new NetworkGuard(LOCAL, 'MEDIA_URL'), PATIENT);
  await refused(t, unknown.open(url, manner()), 'MEDIA_REFUSED', /the connection says/);
  const other = url.replace('localhost', 'other.example.com');
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const guard = new NetworkGuard(LOCAL, 'MEDIA_URL', resolve);
  await refused(
    t,
    urlSources(guard, PATIENT, tls('first-cert').toString()).open(other, manner()),
    'MEDIA_REFUSED',
    /ERR_TLS_CERT_ALTNAME_INVALID/,
  );
});

t.test('a status says whether another try is worth it', async (t) => {
  const answer = async (status: number, headers: Record<string, string> = {}) =>
    take(await serve(t, (_request, response) => void response.writeHead(status, headers).end('no')));
  for (const status of [400, 401, 403, 404, 410, 418, 204, 206, 304, 300])
    await refused(t, answer(status), 'MEDIA_REFUSED', new RegExp(`answers ${status}, wanted 200`), { status });
  for (const status of [500, 502, 503, 504, 408, 425])
    await refused(t, answer(status), 'MEDIA_UNREACHABLE', new RegExp(`answers ${status}`), { status });
  await refused(t, answer(429, { 'retry-after': '7' }), 'MEDIA_UNREACHABLE', /429/, { retryAfterSeconds: 7 });
  await refused(t, answer(503, { 'retry-after': '99999' }), 'MEDIA_UNREACHABLE', /503/, { retryAfterSeconds: 300 });
  await refused(
    t,
    answer(503, { 'retry-after': new Date(Date.now() - 5000).toUTCString() }),
    'MEDIA_UNREACHABLE',
    /503/,
    { retryAfterSeconds: 0 },
  );
  await refused(t, answer(302), 'MEDIA_REFUSED', /answers 302/);
});

t.test('what is encoded is not taken: a little of it may be very much', async (t) => {
  const bomb = gzipSync(Buffer.alloc(50_000_000));
  for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'gzip, gzip', 'x'.repeat(500)]) {
    const url = await serve(t, (_request, response) =>
      response.writeHead(200, { 'content-encoding': encoding }).end(bomb),
    );
    await refused(t, take(url), 'MEDIA_REFUSED', /encoded as/, { encoding });
  }
  const chunked = await serveRaw(
    t,
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n',
  );
  await refused(t, take(chunked), 'MEDIA_REFUSED', /encoded as gzip, chunked/);
  const plain = await serve(t, (_request, response) =>
    response.writeHead(200, { 'content-encoding': 'Identity' }).end(CONTENT),
  );
  t.ok((await take(plain)).equals(CONTENT));
});

t.test('what is too large is refused at once where it says so, else when it is', async (t) => {
  let sent = 0;
  const announced = await serve(t, (_request, response) => {
    response.writeHead(200, { 'content-length': String(MOST_BYTES + 5) }).flushHeaders();
    sent += 1;
  });
  const over = { limit: 'imports.mostMebibytes', mostBytes: MOST_BYTES, bytes: MOST_BYTES + 5, overBytes: 5 };
  await refused(t, take(announced), 'MEDIA_TOO_LARGE', /1000005 bytes, 5 over the limit imports.mostMebibytes/, over);
  t.equal(sent, 1);
  const piece = Buffer.alloc(64 * 1024);
  const endless = await serve(t, (_request, response) => {
    const more = () => {
      while (response.write(piece));
    };
    response.on('drain', more);
    response.on('error', () => undefined);
    more();
  });
  await refused(t, take(endless), 'MEDIA_TOO_LARGE', /bytes and more, \d+ over the limit/);
});

t.test('a length that is a lie is found out', async (t) => {
  const head = (length: number | string) => `HTTP/1.1 200 OK\r\nContent-Length: ${length}\r\n\r\n`;
  await refused(t, take(await serveRaw(t, `${head(10)}abcd`)), 'MEDIA_UNREACHABLE', /cut after 4 bytes/, { bytes: 4 });
  t.equal(
    (await take(await serveRaw(t, `${head(4)}abcdefgh`))).toString(),
    'abcd',
    'what comes behind it is not taken',
  );
  for (const length of ['-1', '1e9', '4\r\nContent-Length: 5', '99999999999999999999'])
    await refused(t, take(await serveRaw(t, `${head(length)}abcd`)), 'MEDIA_REFUSED', /./);
  const both = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n';
  await refused(t, take(await serveRaw(t, both)), 'MEDIA_REFUSED', /./);
  const cut = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n';
  await refused(t, take(await serveRaw(t, cut)), 'MEDIA_UNREACHABLE', /cut after 4 bytes/);
});

t.test('what is no HTTP is refused', async (t) => {
  for (const text of [
    'SSH-2.0-OpenSSH_9.6\r\n',
    '+PONG\r\n',
    'HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n',
    'HTTP/9.9 200 OK\r\n\r\n',
  ])
    await refused(t, take(await serveRaw(t, text)), 'MEDIA_REFUSED', /./);
  await refused(
    t,
    take(await serveRaw(t, `HTTP/1.1 200 OK\r\n${`X: ${'y'.repeat(1000)}\r\n`.repeat(100)}\r\n`)),
    'MEDIA_REFUSED',
    /HPE_HEADER_OVERFLOW/,
  );
  await refused(t, take(await serveRaw(t, '')), 'MEDIA_UNREACHABLE', /cut/);
  const port = await listen(t, createRaw());
  await refused(t, take(`https://127.0.0.1:${await listen(t, createHttp())}/`), 'MEDIA_REFUSED', /./);
  const closed = createRaw();
  await new Promise<void>((resolve) => closed.listen(0, '127.0.0.1', resolve));
  const gone = (closed.address() as AddressInfo).port;
  await new Promise((resolve) => closed.close(resolve));
  await refused(t, take(`http://127.0.0.1:${gone}/`), 'MEDIA_UNREACHABLE', /refuses the connection/);
  t.ok(port > 0);
});

t.test('a server that is silent or slow is left, at every point of its answer', async (t) => {
  const short = { longestMs: 60_000, idleMs: 150, slowestRate: 1_000_000_000 };
  const idle = { limit: 'imports.idleSeconds', idleMs: 150 };
  const silent = await serveRaw(t, '', () => undefined);
  await refused(t, take(silent, kinds(short)), 'MEDIA_UNREACHABLE', /nothing came for 0.15 s/, idle);
  const heads = await serveRaw(t, 'HTTP/1.1 200 OK\r\n', (socket) => {
    const timer = setInterval(() => socket.write('X: y\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  await refused(t, take(heads, kinds(short)), 'MEDIA_UNREACHABLE', /nothing came/, idle);
  const hints = await serveRaw(t, '', (socket) => {
    const timer = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  await refused(t, take(hints, kinds(short)), 'MEDIA_UNREACHABLE', /nothing came/, idle);
  const stalled = await serveRaw(t, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', () => undefined);
  await refused(t, take(stalled, kinds(short)), 'MEDIA_UNREACHABLE', /nothing came/, idle);
  const loris = await serveRaw(t, 'HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n', (socket) => {
    const timer = setInterval(() => socket.write('a'), 5);
    socket.on('close', () => clearInterval(timer));
  });
  await refused(
    t,
    take(loris, kinds(short)),
    'MEDIA_UNREACHABLE',
    /bytes came a second in 0.15 s, \d+ below the limit/,
    {
      limit: 'imports.slowestKibibytes',
    },
  );
  const long = { longestMs: 300, idleMs: 20_000, slowestRate: 0 };
  await refused(t, take(loris, kinds(long)), 'MEDIA_TOO_SLOW', /imports.longestMinutes/, { longestMs: 300 });
  await refused(t, take(loris, kinds(long), manner({ spentMs: 301 })), 'MEDIA_TOO_SLOW', /imports.longestMinutes/);
});

t.test('one that is called off ends at once, wherever it waits', async (t) => {
  const points = [
    await serveRaw(t, '', () => undefined),
    await serveRaw(t, 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc', () => undefined),
  ];
  for (const url of points) {
    const stop = new AbortController();
    const work = take(url, kinds(), manner({ signal: stop.signal })).catch((error) => error);
    setTimeout(() => stop.abort(new Error('called off')), 50);
    t.match(await work, { message: 'called off' });
  }
});

t.test('a try goes on where the one before was cut, where that is sure', async (t) => {
  const tag = '"v1"';
  const before = { bytes: 100_000, validator: tag };
  const ask = async (listener: (request: IncomingMessage, response: ServerResponse) => void) => {
    const source = await kinds().open({ url: await serve(t, listener) }, manner({ before }));
    return { startBytes: source.startBytes ?? 0, totalBytes: source.totalBytes, bytes: (await read(source)).length };
  };
  const part = (response: ServerResponse, range: string, etag = tag) =>
    response.writeHead(206, { 'content-range': range, etag }).end(CONTENT.subarray(before.bytes));
  const anew = async (what: Promise<unknown>) =>
    t.match(await what.catch((error) => error.details), { beginsAnew: true });
  const whole = { startBytes: 0, totalBytes: CONTENT.length, bytes: CONTENT.length };
  t.same(
    await ask((request, response) => {
      t.match(request.headers, { range: 'bytes=100000-', 'if-range': tag });
      part(response, 'bytes 100000-299999/300000');
    }),
    { startBytes: 100_000, totalBytes: CONTENT.length, bytes: CONTENT.length - before.bytes },
  );
  t.same(
    await ask((_request, response) => response.end(CONTENT)),
    { ...whole },
    'another content comes from its beginning',
  );
  for (const [range, etag] of [
    ['bytes 0-199999/300000', tag],
    ['bytes 99999-299998/300000', tag],
    ['bytes 100000-100000/300000', tag],
    ['nonsense', tag],
    ['bytes 100000-299999/300000', '"v2"'],
  ] as const)
    await refused(
      t,
      ask((_request, response) => part(response, range, etag)),
      'MEDIA_UNREACHABLE',
      /another part/,
    );
  await refused(
    t,
    ask((_request, response) => void response.writeHead(416).end()),
    'MEDIA_UNREACHABLE',
    /416/,
  );
  await anew(ask((_request, response) => void response.writeHead(416).end()));
  await anew(ask((_request, response) => part(response, 'nonsense')));
  t.match(
    await ask((_request, response) => void response.writeHead(503).end()).catch((error) => error.details),
    { status: 503, beginsAnew: undefined },
    'a server that is away for a while costs nothing',
  );
  const validators: [headers: Record<string, string>, validator: string | undefined][] = [
    [{ etag: tag }, tag],
    [{ etag: 'W/"v1"' }, undefined],
    [{ etag: tag, 'accept-ranges': 'none' }, undefined],
    [{ 'last-modified': 'Mon, 30 Nov 2020 08:00:00 GMT' }, 'Mon, 30 Nov 2020 08:00:00 GMT'],
    [{ 'last-modified': new Date().toUTCString() }, undefined],
    [{ etag: '"a" "b"' }, undefined],
    [{}, undefined],
  ];
  for (const [headers, validator] of validators) {
    const url = await serve(t, (_request, response) => response.writeHead(200, headers).end(CONTENT));
    const source = await kinds().open({ url }, manner());
    t.equal(source.validator, validator, JSON.stringify(headers));
    await source.close();
  }
});

t.test('what stood before a restart is compared with what the server has now', async (t) => {
  const modified = 'Mon, 30 Nov 2020 08:00:00 GMT';
  const before = { bytes: 100_000, validator: modified, totalBytes: CONTENT.length };
  const ask = async (headers: Record<string, string>, total = CONTENT.length) => {
    const url = await serve(t, (_request, response) =>
      response
        .writeHead(206, { 'content-range': `bytes 100000-${total - 1}/${total}`, ...headers })
        .end(CONTENT.subarray(100_000, total)),
    );
    const source = await kinds().open({ url }, manner({ before }));
    return (await read(source)).length;
  };
  const same: Record<string, string>[] = [
    {},
    { 'last-modified': modified },
    { etag: '"any"', 'last-modified': modified },
  ];
  for (const headers of same) t.equal(await ask(headers), CONTENT.length - 100_000, JSON.stringify(headers));
  const later = { 'last-modified': 'Mon, 30 Nov 2020 08:00:01 GMT' };
  await refused(t, ask(later), 'MEDIA_UNREACHABLE', /another part/);
  await refused(t, ask({}, CONTENT.length - 1), 'MEDIA_UNREACHABLE', /another part/);

  let asked = 0;
  const url = await serve(t, (_request, response) => {
    asked += 1;
    response.end(CONTENT);
  });
  const whole = { bytes: 300_000, validator: '"v1"', totalBytes: 300_000 };
  const source = await kinds().open({ url }, manner({ before: whole }));
  t.match(source, { startBytes: 300_000, totalBytes: 300_000, validator: '"v1"' });
  t.same([(await read(source)).length, asked], [0, 0], 'of what is whole nothing is asked for');
  const large = { ...whole, bytes: MOST_BYTES + 1, totalBytes: MOST_BYTES + 1 };
  await refused(t, kinds().open({ url }, manner({ before: large })), 'MEDIA_TOO_LARGE', /1 over the limit/);
});
