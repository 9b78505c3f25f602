import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Task } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import t from 'tap';
import { RunningCommand } from '../cli/testing/run-command.ts';
import { KillableDomain } from '../domain/testing/killable-domain.ts';
import { JackCard, jackMissing } from './jack-card.ts';
import { noPty } from './pty-cable.ts';
import { secondWay } from './second-way.ts';
import { simulatedDevice } from './simulated-device.ts';
import { until } from './until.ts';
import { type HeardPacket, withSamples } from './heard-packet.ts';

/*
 * A domain, its engine on a JACK server, the processes of two adapters, a client over the WebSocket. At the far ends: a preamp on
 * a serial port and a distributor on HTTP, each a simulator in a process of its own. What the preamp does to the sound are
 * cables of the JACK server, which the test lays as the preamp stands: none without power, one at -6 dB, two at 0 dB.
 */
t.setTimeout(5 * 60 * 1000);
const UNIT = 'acme:preamp:one';
const OUTLETS = 'netio:4c:rack';
const OUTLET = 2;
/** At this gain its sound comes back on one way, at 0 dB on two. */
const LOW_DB = -6;
const TWICE_DB = 20 * Math.log10(2);
const IDLE_OFF_SECONDS = 2;
/** Whole cycles in a period of the card: one that comes late, or is left out, does not change its level. */
const SEND_HZ = 1500;
const PERIOD_FRAMES = 256;
const BESIDE_HZ = 3000;
/** Frames: whole cycles of both. */
const WINDOW = 960;
const WINDOWS = 75;
/** dB; what counts as the same level. */
const SAME_DB = 0.01;
const DEVICES = join(import.meta.dirname, '../plugins/devices');

const tone = (frequency: number) => ({ model: 'audiocloud:tone', parameters: { frequency, level: -30 } });
/** One tone through an equalizer and the preamp, another beside it through a fader. */
const task: Task = {
  sampleRate: 48_000,
  instances: {
    low: tone(SEND_HZ),
    high: tone(BESIDE_HZ),
    equalizer: {
      model: 'audiocloud:equalizer',
      widths: { in: 1, out: 1 },
      parameters: { type: ['bell'], frequency: [SEND_HZ] },
    },
    preamp: { model: 'acme:preamp', fixed: UNIT, parameters: { gainDb: LOW_DB } },
    fader: { model: 'audiocloud:gain', widths: { in: 1, out: 1 } },
  },
  connections: {
    a: { from: { node: 'low' }, to: { node: 'equalizer' }, channels: [[0, 0]] },
    b: { from: { node: 'equalizer' }, to: { node: 'preamp' } },
    c: { from: { node: 'preamp' }, to: { node: 'out' } },
    d: { from: { node: 'high' }, to: { node: 'fader' }, channels: [[0, 0]] },
    e: { from: { node: 'fader' }, to: { node: 'out' } },
  },
  sinks: { out: { kind: 'stream', channels: 1 } },
};

const hex = (text: string) => Buffer.from(text, 'latin1').toString('hex');
const POWER = (wanted: number) =>
  hex(`{"method":"POST","path":"/netio.json","body":{"Outputs":[{"ID":${OUTLET + 1},"Action":${wanted}}]}}`);

/** The package of the serial preamp under another name, with a life; it has no simulator. */
function devicePackage(folder: string): string {
  const path = join(folder, 'acme-preamp');
  mkdirSync(path);
  const named = (file: string) =>
    readFileSync(join(DEVICES, 'generic-line-preamp', file), 'utf8').replace('generic:line-preamp', 'acme:preamp');
  const power = `power: { warmUpSeconds: 1, coolDownSeconds: 0, idleOffSeconds: ${IDLE_OFF_SECONDS} }\n`;
  writeFileSync(join(path, 'model.yaml'), named('model.yaml') + power);
  writeFileSync(join(path, 'driver.yaml'), named('driver.yaml'));
  const manifest = { kind: 'device', models: ['model.yaml'], drivers: ['driver.yaml'] };
  writeFileSync(join(path, 'audiocloud.json'), JSON.stringify(manifest));
  return path;
}

/** Level of a sine in dB of full scale, of one window that holds whole cycles of it. */
function sineDb(samples: readonly number[], hz: number): number {
  let [re, im] = [0, 0];
  for (const [i, x] of samples.entries()) {
    re += x * Math.cos((2 * Math.PI * hz * i) / 48_000);
    im += x * Math.sin((2 * Math.PI * hz * i) / 48_000);
  }
  return 20 * Math.log10((2 * Math.hypot(re, im)) / samples.length + 1e-9);
}

interface Outlets {
  outlets: boolean[];
}
interface Preamp {
  gainDb: number;
}

/** The one that most of the others are like. */
function commonest(levels: readonly number[]): number {
  const alike = (db: number) => levels.filter((other) => Math.abs(other - db) < SAME_DB).length;
  return levels.toSorted((a, b) => alike(b) - alike(a))[0]!;
}

t.test(
  'dynamic and fixed instances play together, live, through a virtual card',
  { skip: jackMissing() || noPty },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'mixed-'));
    t.teardown(() => rmSync(folder, { recursive: true, force: true }));
    const [preamp, outlets] = await Promise.all([
      simulatedDevice(t, 'generic-line-preamp'),
      simulatedDevice(t, 'netio-4c'),
    ]);
    const rack = {
      device: { kind: 'web-audio', inputs: 2 },
      instances: [
        {
          id: UNIT,
          driver: devicePackage(folder),
          port: preamp.rack.port,
          sound: { send: [1], return: [0] },
          power: { through: OUTLETS, parameter: 'power', index: OUTLET, report: 'powered' },
        },
        { id: OUTLETS, driver: join(DEVICES, 'netio-4c'), port: outlets.rack.port },
      ],
    };
    writeFileSync(join(folder, 'rack.json'), JSON.stringify(rack));
    const card = await JackCard.start(PERIOD_FRAMES);
    t.teardown(() => card.stop());
    const { JACK_DEFAULT_SERVER, JACK_NO_START_SERVER } = card.environment;
    const domain = new KillableDomain({
      dataDir: folder,
      access: 'open',
      mediaDirs: [],
      pluginDirs: [join(import.meta.dirname, '../plugins')],
      engineEnvironment: {
        AUDIOCLOUD_DEVICE: 'auto',
        JACK_DEFAULT_SERVER: JACK_DEFAULT_SERVER!,
        JACK_NO_START_SERVER: JACK_NO_START_SERVER!,
      },
    });
    t.teardown(() => domain.close());
    await domain.start();
    const { outputs, inputs } = await card.enginePorts();
    const [from, to] = [outputs[1]!, inputs[0]!];
    const second = await secondWay(t, card);

    const client = new AudioCloudClient(domain.url);
    const unit = async () => (await client.instances()).find(({ id }) => id === UNIT);
    await until('the unit is known, and off', async () => (await unit())?.state === 'off');
    // Off it passes nothing: a patch cable stands in for it.
    card.connect(from, to);
    const calibrated = await new RunningCommand(['device', 'calibrate', UNIT, '--data', folder, '--json']).finished;
    t.equal(calibrated.code, 0, calibrated.stderr);
    const { roundTripFrames } = JSON.parse(calibrated.stdout);
    card.disconnect(from, to);

    const packets: HeardPacket[] = [];
    await client.tasks.create(task, 'mixed');
    const waits = new Set<string>();
    const live = client.live('mixed', {
      onPacket: (packet) => packets.push(withSamples(packet)),
      onEvent: () => {
        for (const { what, why } of live.state.waitingFor ?? []) waits.add(`${what}: ${why}`);
      },
    });
    t.teardown(() => live.close());
    await live.ready;
    await live.listen({ format: 'f32' });
    const framesHeard = () => packets.reduce((sum, { frames }) => sum + frames, 0);
    /** Levels of both tones from now on, the commonest of short stretches: on a busy machine a virtual card leaves gaps. */
    const levels = async () => {
      // what was under way, and the ramps of knobs, go by first
      const first = framesHeard() + roundTripFrames + 12_000;
      await until('enough sound', () => framesHeard() >= first + WINDOWS * WINDOW);
      const samples = packets.flatMap((packet) => [...packet.samples]).slice(first, first + WINDOWS * WINDOW);
      const of = (hz: number) =>
        commonest(Array.from({ length: WINDOWS }, (_, i) => sineDb(samples.slice(i * WINDOW, (i + 1) * WINDOW), hz)));
      return { through: of(SEND_HZ), beside: of(BESIDE_HZ) };
    };
    const isNear = (db: number, wanted: number, what: string) =>
      t.ok(Math.abs(db - wanted) < 0.1, `${what}: ${db.toFixed(2)} dB, wanted ${wanted}`);

    t.equal(await preamp.read(10), hex('GAIN 0.0\r\n'), 'what the model has, while it is off');
    await live.transport({ play: true });
    await outlets.line('state', ({ state }) => (state as Outlets).outlets[OUTLET] === true);
    card.connect(from, to);
    await until('it plays', () => live.state.state === 'playing');
    t.equal(live.state.latencyFrames, roundTripFrames, 'the plan knows the way through the card');
    t.equal(await preamp.read(11), hex('GAIN -6.0\r\n'), 'what the task has');
    const poweredMs = outlets.received.find((one) => one.hex === POWER(1))!.atMs;
    t.ok(preamp.received.at(-1)!.atMs > poweredMs, 'and not before it had power');
    t.ok(waits.has('power: It warms up'), [...waits].join('; '));
    const plain = await levels();
    isNear(plain.through - plain.beside, 0, 'the cable is as loud as no cable');

    await live.set({ instance: 'equalizer', parameter: 'gain', index: 0, value: 9 });
    const boosted = await levels();
    isNear(boosted.through - plain.through, 9, 'the equalizer, through the cable');
    isNear(boosted.beside - plain.beside, 0, 'the tone beside it');

    const { delivered } = await live.set({ instance: 'preamp', parameter: 'gainDb', value: 0 });
    t.same(delivered, [{ instance: 'preamp', parameter: 'gainDb', index: 0, outcome: 'sent' }]);
    t.equal(await preamp.read(10), hex('GAIN 0.0\r\n'), 'the knob');
    await preamp.line('state', ({ state }) => (state as Preamp).gainDb === 0);
    card.connect(from, second.input);
    card.connect(second.output, to);
    const loud = await levels();
    isNear(loud.through - boosted.through, TWICE_DB, 'the preamp, through its cables');
    isNear(loud.beside - plain.beside, 0, 'the tone beside it');

    card.disconnect(from, to);
    card.disconnect(second.output, to);
    await live.set({ instance: 'fader', parameter: 'gain', value: -6 });
    const cut = await levels();
    t.ok(cut.through < -100, `without cables nothing comes back: ${cut.through.toFixed(0)} dB`);
    isNear(cut.beside - plain.beside, -6, 'the fader beside it');
    card.connect(from, to);
    card.connect(second.output, to);

    preamp.order('fault unplug');
    const why = { what: 'instance', id: UNIT, error: { code: 'FIXED_INSTANCE_UNAVAILABLE' } };
    await until('it stands, and says why', () => {
      const { state, waitingFor = [] } = live.state;
      return state === 'ready' && waitingFor.length > 0;
    });
    t.match(live.state, { waitingFor: [why], desired: { playing: true }, transport: { playing: false } });
    const { positionFrames, playId } = live.state.transport!;
    preamp.order('fault none');
    await until('it goes on', () => live.state.state === 'playing');
    t.equal(await preamp.read(10), hex('GAIN 0.0\r\n'), 'its last value again');
    const back = await levels();
    t.equal(packets.find((one) => one.playId > playId)!.timelineFrame, positionFrames, 'from where it stood');
    isNear(back.through - loud.through, 0, 'the preamp as before');
    isNear(back.beside - cut.beside, 0, 'the fader as before');

    const stopMs = performance.now();
    await live.transport({ play: false });
    await outlets.line('state', ({ state }) => (state as Outlets).outlets[OUTLET] === false);
    const idleMs = performance.now() - stopMs;
    t.ok(idleMs > 1000 * IDLE_OFF_SECONDS, `off ${idleMs.toFixed(0)} ms after nobody had it any more`);
    await until('the unit is off', async () => (await unit())?.state === 'off');
    t.same(
      outlets.received.map((one) => one.hex).filter((one) => [0, 1].some((wanted) => one === POWER(wanted))),
      [POWER(0), POWER(1), POWER(0)],
      'its outlet: off, on for the task, off',
    );
    const lines = 'GAIN 0.0\r\nGAIN -6.0\r\nGAIN 0.0\r\nGAIN 0.0\r\n';
    t.equal(preamp.received.map((one) => one.hex).join(''), hex(lines), 'and nothing else went over the serial port');
  },
);
