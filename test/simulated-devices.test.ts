import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Setting } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { FixedRack } from '../engine/adapter/fixed-rack.ts';
import { untilState } from '../engine/adapter/testing/until-state.ts';
import { CommandProcess } from '../cli/testing/run-command.ts';
import { noPty } from './pty-cable.ts';
import { type SimulatedDeviceCommand, simulatedDevice } from './simulated-device.ts';

/*
 * Drivers, the rack, adapters and buses as they are: only the device is a simulator, in a process of its own. Bytes by hand.
 */
const DEVICES = join(import.meta.dirname, '../plugins/devices');
const bytes = (text: string) => Buffer.from(text, 'latin1').toString('hex');

/** A unit of a rack that is connected to a simulated device. */
async function connected(t: Test, driver: string, model: string, { rack: found }: SimulatedDeviceCommand) {
  const id = `${model}:one`;
  const rack = new FixedRack();
  t.teardown(() => rack.close());
  const settings = found.settings as Record<string, Setting> | undefined;
  await rack.open({ instances: [{ id, driver, port: found.port, ...(settings ? { settings } : {}) }] }, DEVICES);
  return {
    rack,
    id,
    until: (wanted: Parameters<typeof untilState>[2]) => untilState(rack, id, wanted),
  };
}

t.test(
  'a tape machine on a serial port gets its lines, and is busy when it is switched on',
  { skip: noPty },
  async (t) => {
    const device = await simulatedDevice(t, 'generic-tape-machine');
    const unit = await connected(t, 'generic-tape-machine', 'generic:tape-machine', device);
    const start = bytes('SGST STOP\r\nRGST0000\r\nRGSM0000\r\nSGPW0000\r\n');
    t.equal(await device.read(start.length / 2), start);
    await unit.until(({ state }) => state === 'ready');
    await unit.rack.set(unit.id, 'power', 0, true);
    const order = bytes('SGPW1000\r\n');
    const poll = bytes('RGST0000\r\nRGSM0000\r\n');
    // questions may have come before the order
    let came = await device.read(order.length / 2);
    while (!came.endsWith(order)) came += await device.read(1);
    t.match(came, new RegExp(`^(${poll})*(${bytes('RGST0000\r\n')})?${order}$`));
    await device.line('state', ({ state }) => (state as { phase: string }).phase === 'powering up');
    await unit.until(({ reports }) => reports['playState']?.[0] === 'busy' && reports['position']?.[0] === 0);

    device.order('fault unplug');
    await device.line('unplugged');
    t.match(await unit.until(({ state }) => state === 'disconnected'), {
      error: { code: 'FIXED_INSTANCE_UNAVAILABLE' },
    });
    device.order('fault none');
    t.same((await device.line('plugged'))['rack'], device.rack, 'the same port');
    await unit.until(({ state }) => state === 'ready');
    await unit.until(({ reports }) => reports['playState']?.[0] === 'busy');
    t.pass('it forgot, and was switched on again');
    device.order('fault unplug');
    device.order('fault none');
    await device.line('unplugged');
    t.same((await device.line('plugged'))['rack'], device.rack, 'also when it is put back at once');
    t.equal(await device.quit(), 0);
  },
);

t.test('a preamp behind a serial bridge gets its frames', { skip: noPty }, async (t) => {
  const device = await simulatedDevice(t, 'generic-dual-eq-preamp');
  const unit = await connected(t, 'generic-dual-eq-preamp', 'generic:dual-eq-preamp', device);
  const start =
    `${'a501' + '1900' + '0000' + '0140' + '0100' + '8080808000'}d3` +
    `${'a502' + '1900' + '0000' + '0140' + '0100' + '8080808000'}fb` +
    'a5030900';
  t.equal(await device.read(36), start);
  await unit.until(({ state }) => state === 'ready');
  await unit.rack.set(unit.id, 'pad', 0, -10);
  t.equal(await device.read(4), 'a5030a09');
  await unit.rack.set(unit.id, 'inputGain', 1, 20);
  t.match(await device.read(16), /^a502110800000140010080808080/);
  t.match(await device.line('state', ({ state }) => (state as Pads).right?.inputGain === 20), {
    state: { pads: [-10, 'off'], refused: 0 },
  });
});
interface Pads {
  right?: { inputGain: number };
}

t.test('a preamp on a serial port tells the level of the sound that it is given', { skip: noPty }, async (t) => {
  const device = await simulatedDevice(t, 'generic-line-preamp');
  const unit = await connected(t, 'generic-line-preamp', 'generic:line-preamp', device);
  t.equal(await device.read(10), bytes('GAIN 0.0\r\n'));
  await unit.until(({ state }) => state === 'ready');
  device.order('level -3.5');
  await unit.until(({ reports }) => reports['levelDb']?.[0] === -3.5);
  device.order('fault garbage');
  await unit.until(() => unit.rack.garbageCount(unit.id) > 100);
  device.order('fault none');
  device.order('level loud');
  t.match(await device.line('refused'), { error: { code: 'REQUEST_INVALID', message: /wanted level and decibels/ } });
  device.order('level -50');
  await unit.until(({ reports }) => reports['levelDb']?.[0] === -50);
  t.equal(await device.quit('SIGTERM'), 0);
  t.notOk(existsSync(dirname(device.rack.port['path']!)), 'nothing is left of its port');
});

for (const [transport, args] of [
  ['tcp', []],
  ['udp', ['--setting', 'transport=udp']],
] as const)
  t.test(`an equalizer gets its OSC packets over ${transport}`, async (t) => {
    const device = await simulatedDevice(t, 'generic-mastering-eq', ...args);
    t.equal(device.rack.settings!['transport'], transport);
    const unit = await connected(t, 'generic-mastering-eq', 'generic:mastering-eq', device);
    await unit.until(({ state }) => state === 'ready');
    // Bypass of both channels comes first: 16 bytes of address, four of types, four of the value.
    t.equal(
      await device.read(24 * 2),
      `2f65712f312f6c662f62797061737300${'2c690000'}00000000` + `2f65712f322f6c662f62797061737300${'2c690000'}00000000`,
    );
    await device.line('state', ({ state }) => (state as Eq)['/eq/2/hf/x2'] === 0);
    await unit.rack.set(unit.id, 'lfGain', 0, 2.5);
    t.match(await device.line('state', ({ state }) => (state as Eq)['/eq/1/lf/gain'] === 2.5), {
      state: { refused: 0 },
    });
    device.order('fault power-loss');
    await device.line('fault');
    await unit.rack.set(unit.id, 'lfGain', 0, -1);
    device.order('fault none');
    await device.line('fault');
    await unit.rack.set(unit.id, 'lfGain', 0, 1.5);
    t.match(await device.line('state', ({ state }) => (state as Eq)['/eq/1/lf/gain'] === 1.5), {
      state: { refused: 0 },
    });
    t.equal(await device.quit(), 0);
  });
type Eq = Record<string, number>;

t.test('a power distributor gets its requests over HTTP', async (t) => {
  const device = await simulatedDevice(t, 'netio-4c');
  const unit = await connected(t, 'netio-4c', 'netio:4c', device);
  const action = (id: number, wanted: number) =>
    bytes(`{"method":"POST","path":"/netio.json","body":{"Outputs":[{"ID":${id},"Action":${wanted}}]}}`);
  const ask = bytes('{"method":"GET","path":"/netio.json"}');
  /** So many bytes beside the questions that stand anywhere between. */
  const readOrders = async (length: number) => {
    let came = '';
    while (came.length < 2 * length) came = (came + (await device.read(1))).replaceAll(ask, '');
    return came;
  };
  const start = [1, 2, 3, 4].map((id) => action(id, 0)).join('');
  await unit.until(({ state }) => state === 'ready');
  await unit.rack.set(unit.id, 'power', 2, true);
  const orders = start + action(3, 1);
  t.equal(await readOrders(orders.length / 2), orders);
  await unit.until(({ reports }) => reports['powered']?.[2] === true);
  device.order('fault half-frame');
  await device.line('fault');
  await t.rejects(unit.rack.set(unit.id, 'power', 1, true), 'half an answer is none');
  device.order('fault none');
  await unit.until(({ state }) => state === 'ready');
  await unit.until(({ reports }) => reports['powered']?.[2] === true);
  t.equal(await device.quit(), 0);
});

t.test('what has no virtual port says so, and how to do without', async (t) => {
  const commands = new CommandProcess();
  t.teardown(() => commands.end());
  const runCommand = (...args: string[]) => commands.run(...args);
  const { code, stderr } = await runCommand('device', 'simulate', join(DEVICES, 'generic-fet-compressor'));
  t.equal(code, 1);
  t.match(stderr, /no virtual USB HID devices; .*id: 'generic:fet-compressor:one', driver: '.*', simulate: true/);
  const help = await runCommand('device', 'simulate', '--help');
  t.equal(help.code, 0);
  for (const taught of [/fault NAME/, /level DB/, /rack\.yaml/, /Examples:/]) t.match(help.stdout, taught);
  t.match(await runCommand('device', 'simulate', 'no-such-device'), { code: 1, stderr: /PLUGIN_MISSING/ });
  const outlets = ['device', 'simulate', join(DEVICES, 'netio-4c')];
  t.match(await runCommand(...outlets, '--setting', 'password=1234', '--setting', 'tls=maybe'), {
    code: 1,
    stderr: /^DRIVER_INVALID: [^;]*\/tls must be boolean\n/,
  });
  t.match(await runCommand(...outlets, '--fault', 'fire'), {
    code: 2,
    stderr: /half-frame/,
  });
});
