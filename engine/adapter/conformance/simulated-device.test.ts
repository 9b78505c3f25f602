import { join } from 'node:path';
import { type SimulatedDevice, type Adapter, simulatedAdapter } from '@audiocloud/api';
import t from 'tap';
import { findAdapters, installedPackages } from '../adapter-packages.ts';
import { loadDevicePackage } from '../device-package.ts';
import type { AdapterRig } from './adapter-rig.ts';
import { SIMULATOR_CHECKS } from './check-table.ts';
import { runAdapterCheck } from './run-check.ts';

const STOCK = join(import.meta.dirname, '../../../plugins/devices');
const [preamp] = await loadDevicePackage(join(STOCK, 'generic-line-preamp'));
const bus = findAdapters(installedPackages()).get('serial')!;

function rigOf(adapter: Adapter, entry = preamp!.simulator!): AdapterRig {
  return {
    package: { ...bus, simulator: entry },
    adapter,
    entry,
    wanted: { name: `check ${wanted++}` },
    settings: preamp!.driver.settings!,
    bytes: Uint8Array.of(10),
    device: { model: preamp!.model, driver: preamp!.driver },
  };
}
let wanted = 0;

const outcome = (id: string, rig: AdapterRig) => runAdapterCheck(SIMULATOR_CHECKS.find((one) => one.id === id)!, rig);

/** A preamp as a vendor would write it, with one thing changed. */
const preampWith = (change: (good: SimulatedDevice, send: (text: string) => void) => Partial<SimulatedDevice>) =>
  simulatedAdapter((send) => {
    let gain = '';
    let peakDb = -20;
    const say = (text: string) => send(Buffer.from(text));
    const good: SimulatedDevice = {
      receive(bytes) {
        gain = Buffer.from(bytes).toString().trim();
      },
      tick: () => say(`LEVEL ${peakDb.toFixed(1)}\r\n`),
      hear([level]) {
        peakDb = level!.peakDb;
      },
      state: () => ({ gain, peakDb }),
    };
    return { ...good, ...change(good, say) };
  });

t.test('a good simulator passes, and its answers are told', async (t) => {
  const good = preampWith(() => ({}));
  const expected = [
    ['simulator-loads', 'passed', /holds a state/],
    ['simulator-parameters', 'passed', /^1 values of 1 parameters noticed$/],
    ['simulator-reports', 'passed', /^levelDb -60 to -6 dBFS$/],
  ] as const;
  for (const [id, result, detail] of expected) t.match(await outcome(id, rigOf(good)), [result, detail], id);
});

t.test('a simulator that does not fit its driver is found', async (t) => {
  const deaf = preampWith(() => ({ receive: () => {} }));
  t.match(await outcome('simulator-parameters', rigOf(deaf)), ['failed', /gainDb\[0\]: driver and simulator speak/]);

  const busy = preampWith(() => {
    let ticks = 0;
    return { receive: () => {}, state: () => ({ ticks: performance.now() + ticks++ }) };
  });
  t.match(
    await outcome('simulator-parameters', rigOf(busy)),
    ['failed', /gainDb/],
    'what moves by itself shows nothing',
  );

  const rude = preampWith((_, say) => ({ tick: () => say('LEVEL -6.0\r\nVOLUME 11\r\n') }));
  t.match(await outcome('simulator-reports', rigOf(rude)), ['failed', /bytes of it no report reads/]);

  const quiet = preampWith(() => ({ tick: () => {} }));
  t.match(await outcome('simulator-reports', rigOf(quiet)), ['warning', /never came: levelDb/]);

  const blind = preampWith(() => ({ tick: () => {}, state: () => undefined as never }));
  t.match(await outcome('simulator-parameters', rigOf(blind)), ['warning', /does not tell what it holds/]);

  const { stateOf, hear, ...plain } = preampWith(() => ({}));
  t.ok(stateOf && hear);
  t.match(await outcome('simulator-loads', rigOf(plain)), ['warning', /nobody sees/]);
});

t.test('a simulator that does not load, or is no adapter with faults, is found', async (t) => {
  const good = preampWith(() => ({}));
  for (const [file, detail] of [
    ['throws.ts', /does not load/],
    ['exports-nothing.ts', /no adapter with a function list/],
    ['opens-anything.ts', /no adapter with a function inject/],
  ] as const) {
    const entry = new URL(`./testing/${file}`, import.meta.url);
    t.match(await outcome('simulator-loads', rigOf(good, entry)), ['failed', detail], file);
  }
});
