import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Adapter } from '@audiocloud/api';
import { checkPackage } from '@audiocloud/engine';
import t from 'tap';
import { jackMidi, type MidiMessage, noJackMidi } from './jack-midi.ts';

const NAME = 'Dump Box 3';
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
/** SysEx of 300 data bytes, of a maker that is for tests. */
const DUMP = [0xf0, 0x7d, ...Array.from({ length: 300 }, (_, i) => i & 0x7f), 0xf7];
const BURST = 1000;

t.test('the MIDI adapter with real bytes', { skip: noJackMidi }, async (t) => {
  const jack = await jackMidi();
  const device = jack.plugIn(NAME);
  const entry = pathToFileURL(join(jack.adapterFolder, 'index.ts'));
  const { adapter } = (await import(entry.href)) as { adapter: Adapter };
  t.teardown(async () => {
    await device.unplug();
    await jack.end();
  });
  const find = async () => (await adapter.list([{ name: NAME }])).find(({ attributes }) => attributes['name'] === NAME);
  let facts = await find();
  while (!facts?.attributes['input'] || !facts.attributes['output']) {
    await sleep(50);
    facts = await find();
  }
  const port = await adapter.open(facts, {});
  const heard: string[] = [];
  port.onData((bytes) => heard.push(hex(bytes)));
  await t.rejects(adapter.open(facts, {}), { code: 'ADAPTER_FAILED', message: /open already/ });

  /** Says something until it was heard: JACK drops what falls into a cycle that a busy machine misses. */
  const told = async (wanted: string, say: () => void) => {
    for (let attempt = 0; attempt < 20 && !heard.includes(wanted); attempt++) {
      say();
      for (let waited = 0; waited < 1000 && !heard.includes(wanted); waited += 20) await sleep(20);
    }
    t.ok(heard.includes(wanted), wanted.slice(0, 20));
  };
  await told(hex(Uint8Array.from(DUMP)), () => device.send('sysex', DUMP));
  await told('f8', () => device.send('clock', {}));
  await told('fe', () => device.send('activesense', {}));
  await told('b0147f', () => device.send('cc', { channel: 0, controller: 20, value: 127 }));

  const next = async (write: () => Promise<void>, isWanted: (message: MidiMessage) => boolean) => {
    for (let attempt = 0; attempt < 20; attempt++) {
      await write();
      for (let message = await device.next(); message; message = await device.next())
        if (isWanted(message)) return message;
    }
    throw new Error('The device received nothing in twenty attempts');
  };
  const sysex = await next(
    async () => {
      const bytes = Uint8Array.from(DUMP);
      await port.write(bytes.subarray(0, 100));
      await port.write(bytes.subarray(100));
    },
    ({ _type }) => _type === 'sysex',
  );
  t.same((sysex as { bytes?: number[] }).bytes, DUMP, 'a SysEx in two writes is one message');
  t.match(
    await next(
      () => port.write(Uint8Array.of(0xb0, 20, 1, 21, 2)),
      ({ controller }) => controller === 21,
    ),
    { _type: 'cc', channel: 0, value: 2 },
    'running status is written out',
  );

  t.match(
    await next(
      () => port.write(Uint8Array.of(0xf8)),
      ({ _type }) => _type === 'clock',
    ),
    { _type: 'clock' },
    'a clock goes out as well',
  );

  const numbers: number[] = [];
  await next(
    async () => {
      // what came of another attempt is of no order with this one
      numbers.length = 0;
      for (let i = 0; i < BURST; i++) await port.write(Uint8Array.of(0xb0 + (i >> 7), 20, i & 0x7f));
      await port.write(Uint8Array.of(0xbf, 20, 0));
    },
    ({ channel, value }) => {
      if (channel !== 15) numbers.push(channel! * 128 + value!);
      return channel === 15;
    },
  );
  t.ok(
    numbers.length > 0 && numbers.every((number, i) => i === 0 || number > numbers[i - 1]!),
    `${numbers.length} in order`,
  );
  await port.close();

  const hardware = { port: { name: NAME }, settings: {} };
  const { models } = await checkPackage(jack.adapterFolder, { hardware });
  // The copy beside the library for JACK is not what came with the engine, so its TypeScript is told of.
  const { checks } = models[0]!;
  t.match(checks.find(({ name }) => name === 'manifest')?.detail, /^index\.ts is TypeScript/);
  for (const { name, result, detail } of checks.filter(({ name }) => name !== 'manifest'))
    t.ok(result === 'passed' || result === 'skipped', `${name}: ${result}: ${detail}`);
});
