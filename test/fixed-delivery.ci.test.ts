import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { FixedRack } from '../engine/adapter/fixed-rack.ts';
import { untilState } from '../engine/adapter/testing/until-state.ts';
import { noPty, ptyCable } from './pty-cable.ts';

const UNIT = 'acme:channel:one';
const MODEL = `id: acme:channel
version: 1.0.0
name: Channel
category: tool
inputs: []
outputs: []
parameters:
  - { id: gainDb, name: Gain, unit: dB, range: { kind: continuous, min: -20, max: 60 }, default: 0 }
  - { id: mute, name: Mute, unit: toggle, range: { kind: toggle }, default: false }
  - { id: pan, name: Pan, unit: none, range: { kind: stepped, min: -9, max: 9, step: 1 }, default: 0 }
reports:
  - { id: gain, name: Gain, unit: dB, range: { kind: continuous, min: -20, max: 60 } }
  - { id: muted, name: Muted, unit: toggle, range: { kind: toggle } }
`;
const DRIVER = String.raw`model: acme:channel
adapter: serial
port: { serialNumber: "CH*" }
settings: { baudRate: 9600 }
delimiter: "\r\n"
gapMs: 2
delivery:
  gainDb:
    ramp: { step: 2, everyMs: 20 }
    readBack: { report: gain, tolerance: 0.05, ask: { line: "GAIN?\r\n" }, withinMs: 5000, resends: 0 }
  mute:
    gapMs: 10
    readBack: { report: muted, ask: { line: "MUTE?\r\n" }, withinMs: 300, resends: 2 }
parameters:
  gainDb: { line: "GAIN {value}\r\n", decimals: 1 }
  mute: { line: "MUTE {value}\r\n", map: index }
  pan: { line: "PAN {value}\r\n" }
reports:
  gain: { line: "GAIN {value}" }
  muted: { line: "MUTE {value}", map: index }
`;

t.test('ramps, read-back and order, byte for byte through a serial port', { skip: noPty }, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'audiocloud-delivery-'));
  const manifest = { kind: 'device', models: ['model.yaml'], drivers: ['driver.yaml'] };
  await writeFile(join(folder, 'audiocloud.json'), JSON.stringify(manifest));
  await writeFile(join(folder, 'model.yaml'), MODEL);
  await writeFile(join(folder, 'driver.yaml'), DRIVER);
  const cable = await ptyCable(folder);
  const rack = new FixedRack();
  t.teardown(async () => {
    await rack.close();
    await cable.unplug();
    await rm(folder, { recursive: true });
  });
  const comes = async (...lines: string[]) => {
    for (const line of lines) t.equal(await cable.read(line.length + 2), `${line}\r\n`);
  };
  await rack.open({ instances: [{ id: UNIT, driver: folder, port: { path: cable.path } }] }, folder);
  await comes('GAIN 0.0', 'MUTE 0', 'PAN 0', 'GAIN?', 'MUTE?');
  t.equal(rack.states()[0]!.state, 'connecting', 'ready is a device that has its values');
  cable.write('GAIN 0.0\r\nMUTE 0\r\n');
  await untilState(rack, UNIT, ({ state }) => state === 'ready');

  const up = rack.set(UNIT, 'gainDb', 0, 5);
  await comes('GAIN 2.0', 'GAIN 4.0', 'GAIN 5.0', 'GAIN?');
  cable.write('GAIN 4.0\r\nGAIN 5.0\r\n');
  t.same(await up, ['confirmed']);

  const high = rack.set(UNIT, 'gainDb', 0, 59);
  await comes('GAIN 7.0', 'GAIN 9.0');
  const low = rack.set(UNIT, 'gainDb', 0, 5);
  t.same(await high, ['replaced']);
  const seen = [7, 9];
  for (let line = ''; !line.endsWith('?\r\n'); ) {
    line += await cable.read(1);
    const gain = /^GAIN (-?\d+\.\d)\r\n$/.exec(line);
    if (!gain) continue;
    seen.push(Number(gain[1]));
    line = '';
  }
  t.equal(seen.at(-1), 5, 'the end arrives');
  const top = Math.max(...seen);
  const turn = seen.indexOf(top);
  const way = [
    ...seen.slice(0, turn).map((_, i) => 7 + 2 * i),
    top,
    ...seen.slice(turn + 1).map((_, i) => top - 2 * (i + 1)),
  ];
  t.same(seen, way, `up by steps of 2 to ${top} and down again`);
  cable.write('GAIN 5.0\r\n');
  t.same(await low, ['confirmed']);

  const swallowed = rack.set(UNIT, 'mute', 0, true);
  await comes('MUTE 1', 'MUTE?');
  cable.write('MUTE 0\r\n');
  await comes('MUTE 1', 'MUTE?');
  cable.write('MUTE 1\r\n');
  t.same(await swallowed, ['confirmed'], 'sent again it is there');
  t.same(rack.states()[0]!.parameters['mute'], [true]);

  const failed = t.rejects(rack.set(UNIT, 'mute', 0, false), {
    code: 'VALUE_UNCONFIRMED',
    message: /mute of acme:channel:one: the device has true, false was sent 3 times/,
  });
  for (let attempt = 0; attempt < 3; attempt++) {
    await comes('MUTE 0', 'MUTE?');
    cable.write('MUTE 1\r\n');
  }
  await failed;
  t.same(rack.states()[0]!.parameters['mute'], [true], 'it has what it had');

  const muted = rack.set(UNIT, 'mute', 0, false);
  const panned = rack.set(UNIT, 'pan', 0, -3);
  const again = rack.set(UNIT, 'pan', 0, 4);
  await comes('MUTE 0');
  const outcomes = await Promise.all([panned, again]);
  t.ok(['replaced', 'sent'].includes(outcomes[0]![0]!) && outcomes[1]![0] === 'sent', JSON.stringify(outcomes));
  // The question stands behind what was asked for before it was.
  const rest = outcomes[0]![0] === 'sent' ? ['PAN -3', 'PAN 4', 'MUTE?'] : ['PAN 4', 'MUTE?'];
  const text = await cable.read(rest.join('\r\n').length + 2);
  t.same(
    text.split('\r\n').filter((line) => line.startsWith('PAN')),
    rest.slice(0, -1),
    'in order, and none in silence',
  );
  cable.write('MUTE 0\r\n');
  t.same(await muted, ['confirmed']);
  t.equal(rack.garbageCount(UNIT), 0);
});
