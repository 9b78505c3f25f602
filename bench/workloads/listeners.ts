import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StreamQuality, Task } from '@audiocloud/api';
import { WebSocket } from 'ws';
import type { ListenersReport } from '../../domain/testing/listeners-process.ts';
import { type Bench, median, percentile, type Row, row, type Workload } from '../row.ts';
import { ListenedDomain } from '../listened-domain.ts';
import { Listeners } from '../listeners.ts';

const RATE = 48_000;
const CHANNELS = 2;
const CROWD = 1_000;
/** Few enough that nothing is left out on two processors, enough that the domain's own work does not count. */
const SERVED = 200;
const OTHERS = 10;
const GOAL = 1.1;

type Format = Required<Pick<StreamQuality, 'format' | 'packetMs'>> & StreamQuality;
const FORMATS: Record<string, Format> = {
  s16: { format: 's16', packetMs: 10 },
  f32: { format: 'f32', packetMs: 10 },
  flac16: { format: 'flac16', packetMs: 10 },
  flac24: { format: 'flac24', packetMs: 10 },
  opus: { format: 'opus', packetMs: 20, bitRate: 128_000 },
};
/** What those on a poor link hear. */
const CROWD_FORMAT: Format = { format: 'opus', packetMs: 60, bitRate: 32_000 };

const task: Task = {
  sampleRate: RATE,
  instances: { tone: { model: 'audiocloud:tone' } },
  connections: { out: { from: { node: 'tone' }, to: { node: 'main' } } },
  sinks: { main: { kind: 'stream', channels: CHANNELS } },
};

/** Microseconds for a packet of each format, taken in a process of its own. */
async function encodeCosts(bench: Bench, formats: Format[]): Promise<number[]> {
  const child = fork(fileURLToPath(new URL('../probe/encode-cost.ts', import.meta.url)), [
    JSON.stringify(formats),
    String(bench.quick ? 3 : 40),
  ]);
  const [told] = (await once(child, 'message')) as [number[]];
  return told;
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

/** What the domain's process needs for those who hear a format: how many it would serve with one processor of its own. */
async function served(bench: Bench, playing: ListenedDomain): Promise<Row[]> {
  const count = bench.quick ? 20 : SERVED;
  const rows: Row[] = [];
  const listeners = await Listeners.open(playing.live, count, FORMATS['s16']!);
  try {
    for (const [id, format] of Object.entries(FORMATS)) {
      if (bench.quick && id !== 's16' && id !== 'opus') continue;
      bench.say(`listeners: ${count} hear ${id}`);
      if (rows.length > 0) listeners.tell({ type: 'listen', id: 3, ...format });
      await sleep(bench.quick ? 300 : 3000);
      const windows = [];
      for (let round = 0; round < (bench.quick ? 1 : 3); round++) {
        listeners.tell('reset');
        const before = (await playing.metrics())('domain_cpu_seconds_total');
        const begun = performance.now();
        await sleep(bench.quick ? 500 : 3000);
        const cpu = (await playing.metrics())('domain_cpu_seconds_total') - before;
        const seconds = (performance.now() - begun) / 1000;
        windows.push({ cpu, seconds, packets: sum(await listeners.packets()) });
      }
      const share = median(windows.map(({ packets, seconds }) => (packets * format.packetMs) / 1000 / seconds / count));
      rows.push(
        row({
          id: `listeners/per-core/${id}`,
          name: `listeners of one task for a core of the domain, ${id}, packets of ${format.packetMs} ms`,
          unit: 'listeners',
          // by what they heard: a packet that did not come cost nothing
          value: median(windows.map(({ cpu, packets }) => (packets * format.packetMs) / 1000 / cpu)),
          goal: null,
          higherIsBetter: true,
          note: `${count} on WebSockets; they heard ${(100 * share).toFixed(1)} % of what was played; ${(1e6 * median(windows.map(({ cpu, packets }) => cpu / packets))).toFixed(1)} us of the domain's process for each packet, all that it does beside among it`,
        }),
      );
    }
    return rows;
  } finally {
    listeners.close();
  }
}

/** All hear the same: how many encoders there are, and what one packet that is heard costs them. */
async function crowd(bench: Bench, playing: ListenedDomain, us: number): Promise<Row[]> {
  const count = bench.quick ? 40 : CROWD;
  bench.say(`listeners: ${count} connect`);
  const listeners = await Listeners.open(playing.live, count, CROWD_FORMAT);
  try {
    await playing.until('there is an encoder', (metric) => metric('engine_stream_encoders') > 0);
    await sleep(1100); // counters of the engine come once a second
    listeners.tell('reset');
    const before = await playing.metrics();
    const cpuBefore = before('domain_cpu_seconds_total');
    await sleep(bench.quick ? 2000 : 10_000);
    const after = await playing.metrics();
    const packets = await listeners.packets();
    const encoded = after('engine_encoded_packets_total') - before('engine_encoded_packets_total');
    const heard = sum(packets);
    const deaf = count - packets.filter((one) => one > 0).length;
    if (deaf > 0) bench.fail(`listeners: ${deaf} of ${count} heard nothing`);
    const encoders = after('engine_stream_encoders');
    if (encoders !== 1)
      bench.fail(`listeners: ${count} listeners of one node in one quality have ${encoders} encoders`);
    const cpu = after('domain_cpu_seconds_total') - cpuBefore;
    return [
      row({
        id: 'listeners/encoders',
        name: `encoders for ${count} listeners of one task`,
        unit: 'encoders',
        value: encoders,
        goal: 1,
        note: `${encoded} packets were encoded, ${heard} were heard: ${(heard / encoded).toFixed(0)} for each; ${Math.round((heard * CROWD_FORMAT.packetMs) / 1000 / cpu)} such listeners (Opus of 32 kbit/s, packets of 60 ms) for a core of the domain`,
      }),
      row({
        id: 'listeners/encode',
        name: `encoding for each of ${count} listeners, Opus of 32 kbit/s`,
        unit: 'us/s',
        value: (us * encoded) / heard / (CROWD_FORMAT.packetMs / 1000),
        goal: null,
        note: `of a second: ${us.toFixed(0)} us for a packet of 60 ms, by what was encoded for what was heard`,
      }),
    ];
  } finally {
    listeners.close();
  }
}

/** How late packets of a window came after the earliest of them, by the stream's own pace. */
function lates(reports: ListenersReport[], packetMs: number): number[] {
  const delays = reports.flatMap(({ arrivals }) => arrivals.map(([serial, atMs]) => atMs - serial * packetMs));
  const least = delays.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  return delays.map((delay) => delay - least);
}

/** Hears floats until told to stop reading, and is behind then. */
async function stoppedReader(bench: Bench, playing: ListenedDomain): Promise<WebSocket> {
  const socket = new WebSocket(playing.live);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    socket.on('message', (_data, isBinary) => isBinary && resolve());
    socket.once('open', () => socket.send(JSON.stringify({ type: 'listen', id: 1, format: 'f32' })));
  });
  socket.pause();
  // what the system takes comes first, for some seconds
  if (!bench.quick)
    await playing.until('the queue fills', (metric) => metric('domain_live_most_waiting_bytes') > 64 * 1024);
  return socket;
}

/** The delay of others with and without one who does not read, in turn. */
async function beside(bench: Bench, playing: ListenedDomain): Promise<Row> {
  const others = await Listeners.open(playing.live, OTHERS, FORMATS['flac24']!);
  const window = async () => {
    others.tell('reset');
    await sleep(bench.quick ? 500 : 4000);
    return percentile(lates(await others.reports('report'), FORMATS['flac24']!.packetMs), 99);
  };
  try {
    await sleep(bench.quick ? 200 : 2000);
    const pairs: { alone: number; beside: number; waiting: number }[] = [];
    for (let round = 0; round < (bench.quick ? 1 : 6); round++) {
      bench.say(`listeners: one does not read, round ${round + 1}`);
      const before = await window();
      const stopped = await stoppedReader(bench, playing);
      const besideMs = await window();
      const waiting = (await playing.metrics())('domain_live_most_waiting_bytes');
      stopped.terminate();
      await playing.until('it is gone', (metric) => metric('domain_live_sessions') === OTHERS);
      pairs.push({ alone: (before + (await window())) / 2, beside: besideMs, waiting });
    }
    const ratios = pairs.map((pair) => pair.beside / pair.alone);
    return row({
      id: 'listeners/stopped',
      name: `p99 of the delay of packets to ${OTHERS} listeners beside one that does not read, by that without it`,
      unit: 'ratio',
      value: median(ratios),
      goal: GOAL,
      pairs: { without: ratios },
      note: `${median(pairs.map((pair) => pair.beside)).toFixed(2)} ms beside it, ${median(pairs.map((pair) => pair.alone)).toFixed(2)} ms without, after the earliest packet; ${Math.max(...pairs.map(({ waiting }) => waiting))} bytes waited for it${bench.quick ? ' (not waited for: quick)' : ''}`,
    });
  } finally {
    others.close();
  }
}

async function run(bench: Bench): Promise<Row[]> {
  bench.say('listeners: what packets cost to encode');
  const [crowdUs, ...costs] = await encodeCosts(bench, [CROWD_FORMAT, ...Object.values(FORMATS)]);
  const rows = Object.entries(FORMATS).map(([id, { packetMs }], i) =>
    row({
      id: `listeners/encode/${id}`,
      name: `a packet of ${packetMs} ms, stereo at 48 kHz, ${id}`,
      unit: 'us',
      value: costs[i]!,
      goal: null,
      note: `${((costs[i]! / packetMs / 1000) * 100).toFixed(2)} % of a core for the stream, whoever hears it; white noise, of which FLAC has most to write`,
    }),
  );
  const playing = await ListenedDomain.start(task);
  try {
    rows.push(...(await crowd(bench, playing, crowdUs!)));
    await playing.until('they are gone', (metric) => metric('domain_live_sessions') === 0);
    rows.push(...(await served(bench, playing)));
    await playing.until('they are gone', (metric) => metric('domain_live_sessions') === 0);
    rows.push(await beside(bench, playing));
    return rows;
  } finally {
    await playing.stop();
  }
}

export const listeners: Workload = {
  id: 'listeners',
  name: 'listeners of a live task',
  about:
    'What a packet costs to encode, by format; how many encoders a crowd of one task has; processor time of the domain’s process by what its listeners heard; and the delay of packets to ten listeners with and without another one who stopped reading, in turn. The listeners are processes of their own on WebSockets of the same machine.',
  run,
};
