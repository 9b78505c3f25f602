import { once } from 'node:events';
import { connect } from 'node:net';
import t from 'tap';
import { openHttp } from './http-port.ts';

t.test('a driver that gives up in the middle of a request is passed over, and the next one is answered', async (t) => {
  const heard: unknown[] = [];
  const port = await openHttp({
    ...{ name: '', settings: {}, link: '', port: 0 },
    onData: (bytes) => {
      heard.push(JSON.parse(Buffer.from(bytes).toString('utf8')));
      port.send(Buffer.from('{"status":200,"body":{"on":true}}'));
    },
    onLost: (why) => t.fail(why),
  });
  t.teardown(() => port.close());
  const address = `http://127.0.0.1:${port.rack.port['port']}`;
  const given = connect(Number(port.rack.port['port']), '127.0.0.1');
  given.write('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{"half":');
  await once(given, 'connect');
  // the server has begun to read it when it answers another one
  t.same(await (await fetch(`${address}/b`)).json(), { on: true });
  given.destroy();
  await once(given, 'close');
  // of a letter of two bytes one in each piece
  const body = Buffer.from('{"name":"ü"}');
  const cut = new ReadableStream({
    start(controller) {
      controller.enqueue(body.subarray(0, 10));
      controller.enqueue(body.subarray(10));
      controller.close();
    },
  });
  const answer = await fetch(`${address}/c`, { method: 'POST', body: cut, duplex: 'half' } as RequestInit);
  t.same(await answer.json(), { on: true });
  t.same(heard, [
    { method: 'GET', path: '/b' },
    { method: 'POST', path: '/c', body: { name: 'ü' } },
  ]);
});
