import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AudioCloudClient } from '@audiocloud/client';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { sharedTestDomain } from '../../domain/testing/test-domain.ts';
import { CuttingProxy } from '../../test/testing/cutting-proxy.ts';
import { until } from '../../test/until.ts';
import { CommandProcess, RunningCommand } from '../testing/run-command.ts';

// The command as a process, a real domain, and surfaces on real sockets. OSC is written out here by hand: OSC 1.0.

const domain = await sharedTestDomain(t, 'desk');
const client = new AudioCloudClient(domain.url);
const folder = mkdtempSync(join(tmpdir(), 'surface-'));
t.teardown(() => rmSync(folder, { recursive: true }));

const padded = (text: string) => Buffer.from(text.padEnd((text.length & ~3) + 4, '\0'), 'latin1');
/** `ADDRESS ,f NUMBER` */
function packet(address: string, number: number): Buffer {
  const value = Buffer.alloc(4);
  value.writeFloatBE(number);
  return Buffer.concat([padded(address), padded(',f'), value]);
}
/** The same read: address and number. */
function readPacket(bytes: Buffer): [string, number] {
  const address = bytes.toString('latin1', 0, bytes.indexOf(0));
  return [address, bytes.readFloatBE(padded(address).length + 4)];
}

/** A UDP port of this machine that nothing uses. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}

/** A tablet with faders: what it was told last of each, and its fingers. */
async function tablet(t: Test, hearer: number) {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => void socket.close());
  const told = new Map<string, number>();
  let packets = 0;
  socket.on('message', (bytes) => {
    packets++;
    told.set(...readPacket(bytes));
  });
  return {
    address: `127.0.0.1:${socket.address().port}`,
    port: String(socket.address().port),
    told,
    packets: () => packets,
    say: (address: string, number: number) => socket.send(packet(address, number), hearer, '127.0.0.1'),
  };
}

function started(t: Test, ...args: string[]): RunningCommand {
  const command = new RunningCommand(args, {}, 'pipe');
  t.teardown(async () => {
    command.child.kill('SIGTERM');
    await command.finished;
  });
  return command;
}
const written = (command: RunningCommand, text: string) =>
  until(`it says '${text}'; it said ${JSON.stringify(command.written)}`, () => command.written.stdout.includes(text));
const gainDb = async (parameter = 'gain') =>
  (await client.tasks.get('desk')).task.instances?.['gain']?.parameters?.[parameter];
const isNear = (value: unknown, wanted: number) => Math.abs((value as number) - wanted) < 1e-5;

t.test('surface', { timeout: 200_000 }, async (t) => {
  await t.test('a fader learnt in one move drives and follows its parameter', async (t) => {
    const hearer = await freePort();
    const pad = await tablet(t, hearer);
    const map = join(folder, 'pad.yaml');
    const learning = started(
      t,
      ...['surface', 'learn', map, '--task', 'desk', '--url', domain.url, '--osc', pad.address],
      ...['--listen', String(hearer), '--to', 'gain.gain -60 0'],
    );
    await written(learning, 'move a control');
    pad.say('/1/fader1/z', 1);
    for (const place of [0.1, 0.2, 0.3]) pad.say('/1/fader1', place);
    pad.say('/1/fader1/z', 0);
    t.match(await learning.finished, { code: 0, stderr: '' });
    t.strictSame(parse(readFileSync(map, 'utf8')).bindings, [
      {
        from: { osc: { address: '/1/fader1' } },
        touch: { osc: { address: '/1/fader1/z' } },
        to: { instance: 'gain', parameter: 'gain', range: [-60, 0] },
      },
    ]);

    const proxy = await CuttingProxy.open(Number(new URL(domain.url).port));
    t.teardown(() => proxy.close());
    const running = started(t, 'surface', 'run', map, '--task', 'desk', '--url', proxy.url);
    await until('the fader goes where the value is', () => pad.told.get('/1/fader1') === 1);

    pad.say('/1/fader1/z', 1);
    for (let step = 0; step <= 300; step++) {
      pad.say('/1/fader1', step / 400);
      if (step % 10 === 0) await sleep(1); // what a socket holds is some hundred packets
    }
    pad.say('/1/fader1/z', 0);
    await until('the last of fast moves is there', async () => isNear(await gainDb(), -15));
    await sleep(700);
    t.equal(pad.packets(), 1, 'the fader was not told where it is');

    await client.tasks.set('desk', [{ instance: 'gain', parameter: 'gain', value: -30 }]);
    await until('it follows somebody else', () => pad.told.get('/1/fader1') === 0.5);

    const before = pad.packets();
    proxy.cut();
    await written(running, 'Lost the live connection');
    await until('all is told again when the domain is back', () => pad.packets() > before);
    t.equal(pad.told.get('/1/fader1'), 0.5);
    pad.say('/1/fader1', 0.25);
    await until('it drives again', async () => isNear(await gainDb(), -45));

    running.child.kill('SIGTERM');
    t.match(await running.finished, { code: 0, stderr: '' });
  });

  await t.test('over TCP: unplugged and plugged in again, it is told everything', async (t) => {
    await client.tasks.set('desk', [{ instance: 'gain', parameter: 'pan', value: 0.5 }]);
    const told: [string, number][] = [];
    const sockets = new Set<Socket>();
    /** Packets with their length before them, as OSC 1.0 has it. */
    const listening = (port: number): Promise<Server> => {
      const server = createServer((socket) => {
        sockets.add(socket);
        let held = Buffer.alloc(0);
        socket.on('error', () => {}).on('close', () => sockets.delete(socket));
        socket.on('data', (bytes) => {
          held = Buffer.concat([held, bytes]);
          while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
            told.push(readPacket(held.subarray(4)));
            held = held.subarray(4 + held.readUInt32BE(0));
          }
        });
      }).listen(port, '127.0.0.1');
      return once(server, 'listening').then(() => server);
    };
    const unplug = async (server: Server) => {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    };
    let server = await listening(0);
    const { port } = server.address() as AddressInfo;
    const map = join(folder, 'console.json');
    writeFileSync(
      map,
      JSON.stringify({
        surfaces: {
          console: { adapter: 'osc', port: { host: '127.0.0.1', port: String(port) }, settings: { transport: 'tcp' } },
        },
        bindings: [{ from: { osc: { address: '/pan', range: [-1, 1] } }, to: { instance: 'gain', parameter: 'pan' } }],
      }),
    );
    const running = started(t, 'surface', 'run', map, '--task', 'desk', '--url', domain.url);
    await until('it is told', () => told.length === 1);
    t.strictSame(told.at(-1), ['/pan', 0.5]);

    await unplug(server);
    await written(running, 'console: ');
    await client.tasks.set('desk', [{ instance: 'gain', parameter: 'pan', value: -0.5 }]);
    server = await listening(port);
    await until('it is told again', () => told.length >= 2);
    t.strictSame(told.at(-1), ['/pan', -0.5]);

    const said = packet('/pan', 1);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(said.length);
    await until('the connection is there', () => sockets.size > 0);
    for (const socket of sockets) socket.write(Buffer.concat([head, said]));
    await until('it drives', async () => (await gainDb('pan')) === 1);
    running.child.kill('SIGTERM');
    await running.finished;
    await unplug(server);
  });

  await t.test('several controls, one after the other, with a mistake on the way', async (t) => {
    const hearer = await freePort();
    const pad = await tablet(t, hearer);
    const map = join(folder, 'many.yaml');
    const learning = started(
      t,
      ...['surface', 'learn', map, '--task', 'desk', '--url', domain.url],
      ...['--osc', pad.address, '--listen', String(hearer)],
    );
    const type = (line: string) => void learning.child.stdin!.write(`${line}\n`);
    await written(learning, 'move a control');
    for (const place of [0.1, 0.2, 0.3]) pad.say('/a', place);
    await written(learning, 'fader: /a');
    type('ghost.gain');
    await written(learning, 'no instance ghost');
    type('gain.gain');
    await written(learning, 'Move the next control');
    pad.say('/b', 1);
    pad.say('/b', 0);
    await written(learning, 'button: /b');
    type('gain.pan');
    await written(learning, 'give `range` its two values');
    type('gain.mute');
    await until('both are there', () => learning.written.stdout.split('Move the next').length === 3);
    learning.child.stdin!.end();
    pad.say('/c', 1);
    await written(learning, 'button: /c');
    t.match(await learning.finished, { code: 0, stderr: '' });
    t.strictSame(parse(readFileSync(map, 'utf8')).bindings, [
      { from: { osc: { address: '/a' } }, to: { instance: 'gain', parameter: 'gain' } },
      { from: { osc: { address: '/b' } }, to: { instance: 'gain', parameter: 'mute' }, mode: 'toggle' },
    ]);
  });

  await t.test('a map with a mistake is refused, and each is named with its mend', async (t) => {
    const map = join(folder, 'bad.yaml');
    writeFileSync(
      map,
      'surfaces:\n  pad: { adapter: midi, port: { name: X } }\nbindings:\n  - from: { bend: { channel: 1 } }\n    to: { instance: ghost, parameter: gain }\n',
    );
    const url = ['--url', domain.url];
    const commands = new CommandProcess();
    t.teardown(() => commands.end());
    const runCommand = (...args: string[]) => commands.run(...args);
    t.match(await runCommand('surface', 'check', map), { code: 0, stdout: /bad\.yaml: no mistake/ });
    const found = await runCommand('surface', 'check', map, '--task', 'desk', ...url);
    t.equal(found.code, 1);
    t.match(found.stdout, /bad\.yaml:5: instance-unknown \/bindings\/0\/to\/instance .*\n {2}mend: one of tone, gain/);
    const asJson = await runCommand('surface', 'check', map, '--task', 'desk', '--json', ...url);
    t.match(JSON.parse(asJson.stdout), [{ check: 'instance-unknown', file: map, line: 5 }]);
    const refused = await runCommand('surface', 'run', map, '--task', 'desk', ...url);
    t.match(refused, { code: 1, stderr: /^SURFACE_INVALID: .*line 5: .*one of tone, gain/ });
    t.match(await runCommand('surface', 'run', join(folder, 'pad.yaml'), '--task', 'none', ...url), {
      code: 1,
      stderr: /^TASK_UNKNOWN/,
    });
    t.match(await runCommand('surface', 'learn', join(folder, 'new.yaml'), '--task', 'desk', ...url), {
      code: 1,
      stderr: /^REQUEST_INVALID: .*--midi NAME or --osc/,
    });
    const more = ['surface', 'learn', map, '--task', 'desk', ...url];
    t.match(await runCommand(...more, '--midi', 'Y'), {
      code: 1,
      stderr: /^REQUEST_INVALID: .*name "Y" into .*bad\.yaml: it has pad \(name "X"\); write one more surface/,
    });
    t.match(await runCommand(...more.with(2, join(folder, 'new.yaml')), '--osc', 'h:1', '--tcp', '--listen', '2'), {
      code: 1,
      stderr: /^REQUEST_INVALID: .*leave out --listen/,
    });
  });
});
