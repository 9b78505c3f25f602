import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Task } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { jackMidi, noJackMidi } from '../../test/jack-midi.ts';
import { noPty, ptyCable } from '../../test/pty-cable.ts';
import { type Bench, median, percentile, type Row, row, type Workload } from '../row.ts';
import { ServedDomain } from '../served-domain.ts';

/*
 * From the call of `set` in a client until the bytes were read at the far end of the cable: over the WebSocket, domain, engine and
 * adapter in processes of their own, then a pseudo terminal or a port of a JACK server. What reads there is a process too, so that
 * the figure is an upper bound.
 */
const DEVICES = join(import.meta.dirname, '../../plugins/devices');
const ADAPTER = 'midi-of-bench';

interface Rig {
  unit: string;
  parameter: string;
  /** Data folder of the domain, before it starts. */
  prepare(dataDir: string): Promise<void>;
  /** The n-th value, each other than the one before. */
  valueOf(n: number): number;
  /** Settles when the bytes of the n-th value came; false when they are lost. */
  arrived(n: number): Promise<boolean>;
  end(): Promise<void>;
}

async function serialRig(): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'wire-'));
  const cable = await ptyCable(folder);
  const unit = 'generic:line-preamp:bench';
  const rack = { instances: [{ id: unit, driver: join(DEVICES, 'generic-line-preamp'), port: { path: cable.path } }] };
  let line = '';
  return {
    unit,
    parameter: 'gainDb',
    prepare: (dataDir) => writeFile(join(dataDir, 'rack.json'), JSON.stringify(rack)),
    valueOf: (n) => 10 + (n % 50),
    async arrived(n) {
      // Two digits before the point for every value.
      const wanted = `GAIN ${10 + (n % 50)}.0\r\n`;
      for (line = ''; !line.endsWith(wanted); ) line += await cable.read(1);
      return true;
    },
    async end() {
      await cable.unplug();
      await rm(folder, { recursive: true });
    },
  };
}

async function midiRig(): Promise<Rig> {
  const jack = await jackMidi();
  const device = jack.plugIn('CC Effect Bench');
  const unit = 'generic:cc-effect:bench';
  return {
    unit,
    parameter: 'mix',
    async prepare(dataDir) {
      const effect = join(jack.adapterFolder, '../effect');
      await cp(join(DEVICES, 'generic-cc-effect'), effect, { recursive: true });
      await rename(join(effect, 'driver.yaml'), 'adapter: midi', `adapter: ${ADAPTER}`);
      await rename(join(jack.adapterFolder, 'audiocloud.json'), '"midi"', `"${ADAPTER}"`);
      await symlink(jack.adapterFolder, join(dataDir, 'plugins'));
      const instances = [{ id: unit, driver: effect, port: { name: 'CC Effect Bench' } }];
      await writeFile(join(dataDir, 'rack.json'), JSON.stringify({ instances }));
    },
    valueOf: (n) => ((n % 127) / 127) * 100,
    async arrived(n) {
      for (;;) {
        const message = await device.next();
        if (!message) return false;
        if (message.controller === 20 && message.value === n % 127) return true;
      }
    },
    async end() {
      await device.unplug();
      await jack.end();
    },
  };
}

/** Not measured: what happens once happens then. */
const WARM_TURNS = 50;
const QUICK_WARM_TURNS = 5;

/** Another text for the first one in a file. */
async function rename(path: string, from: string, to: string): Promise<void> {
  await writeFile(
    path,
    (await readFile(path, 'utf8')).replace(from, () => to),
  );
}

async function measure(rig: Rig, bench: Bench, turns: number): Promise<{ times: number[]; lost: number }> {
  const domain = await ServedDomain.start({}, rig.prepare);
  try {
    const client = new AudioCloudClient(domain.url);
    const task: Task = {
      sampleRate: 48000,
      instances: {
        tone: { model: 'audiocloud:tone' },
        unit: { model: rig.unit.split(':').slice(0, 2).join(':'), fixed: rig.unit },
      },
      connections: { a: { from: { node: 'tone' }, to: { node: 'main' } } },
      sinks: { main: { kind: 'stream', channels: 2 } },
    };
    await client.tasks.create(task, 'wire');
    const live = client.live('wire');
    await live.ready;
    await live.transport({ play: true });
    while (live.state.state !== 'playing') await sleep(50);
    const times: number[] = [];
    let lost = 0;
    const warm = bench.quick ? QUICK_WARM_TURNS : WARM_TURNS;
    for (let n = 1; n <= turns + warm; n++) {
      if (n % 50 === 0) bench.say(`wire: ${rig.unit}, ${n} of ${turns}`);
      const begun = performance.now();
      const answered = live.set({ instance: 'unit', parameter: rig.parameter, value: rig.valueOf(n) });
      if (!(await rig.arrived(n))) lost++;
      else if (n > warm) times.push(performance.now() - begun);
      const [delivered] = (await answered).delivered ?? [];
      // On a busy machine the answer may come before the engine said that it is sent.
      if (delivered?.outcome !== 'sent' && delivered?.outcome !== 'waiting')
        throw new Error(`wire: the answer says ${JSON.stringify(delivered)}`);
      await sleep(1 + (n % 7)); // not in step with the blocks
    }
    live.close();
    return { times, lost };
  } finally {
    await domain.stop();
  }
}

async function run(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [id, name, missing, start] of [
    ['serial', 'a serial port', noPty, serialRig],
    ['midi', 'a virtual MIDI port', noJackMidi, midiRig],
  ] as const) {
    const p50 = { id: `wire/${id}/p50`, name: `knob to byte at the far end of ${name}, p50`, unit: 'ms', goal: null };
    const p99 = { id: `wire/${id}/p99`, name: 'the same, p99', unit: 'ms', goal: null };
    if (missing) {
      rows.push(...[p50, p99].map((part) => row({ ...part, value: null, note: missing })));
      continue;
    }
    const rig = await start();
    try {
      const { times, lost } = await measure(rig, bench, bench.quick ? 20 : 1000);
      const note = lost > 0 ? { note: `${lost} messages were lost by the JACK server` } : {};
      rows.push(row({ ...p50, value: median(times), ...note }), row({ ...p99, value: percentile(times, 99) }));
    } catch (error) {
      bench.fail(`wire through ${name}: ${(error as Error).message}`);
    } finally {
      await rig.end();
    }
  }
  return rows;
}

export const wire: Workload = {
  id: 'wire',
  name: 'from a knob over the WebSocket to the byte on the wire',
  about:
    'From `set` in a client over the WebSocket until the bytes were read at the far end of a pseudo terminal, or of a virtual MIDI port of a JACK server (which adds up to one period, 256 frames at 48 kHz: 5.3 ms). Domain, engine, adapter and reader are processes of their own.',
  run,
};
