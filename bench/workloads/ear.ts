import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { StreamQuality, Task } from '@audiocloud/api';
import { AudioCloudClient, type LiveTask } from '@audiocloud/client';
import { startDomain } from '@audiocloud/domain';
import { createWavWriter } from '@audiocloud/engine';
import { pino } from 'pino';
import type { PageListening } from '../../client/testing/listen-page.ts';
import { listenPageFolder, openBrowser, openListenPage } from '../../test/testing/listen-page.ts';
import { absentRow, type Bench, median, percentile, type Row, row, type Workload } from '../row.ts';

/*
 * From the engine's render of a click until its first loud sample leaves the AudioWorklet of a page: the stream over the WebSocket, decoded
 * in a worker, the player of the client library with its least delay. When the engine renders a frame is known from values set live: each
 * answer names the frame, which was rendered between question and answer. What browser and card add behind the worklet is not in it.
 */
const RATE = 48000;
const BLOCK = 128;
const CLICK_SECONDS = 0.5;
const BURST_FRAMES = 240;
const LEVEL = 0.25;
const SECONDS = 600;
const GOAL_MS = 100;

const FORMATS: [id: string, quality: StreamQuality][] = [
  ['s16', { format: 's16' }],
  ['f32', { format: 'f32' }],
  ['flac16', { format: 'flac16' }],
  ['flac24', { format: 'flac24' }],
  ['opus', { format: 'opus', packetMs: 10 }],
  ['opus-20', { format: 'opus', packetMs: 20 }],
  ['webrtc', { format: 'opus', packetMs: 10 }],
];
/** Ways of a quick run: the others share their code. */
const QUICK = ['s16', 'flac24', 'opus', 'webrtc'];
const QUICK_CLICKS = 2;
const QUICK_MOST_MS = 20_000;
/** It goes by a peer connection, through the browser's own jitter buffer. */
const PEER = 'webrtc';

const task: Task = {
  sampleRate: RATE,
  media: { clicks: { path: 'clicks.wav' } },
  tracks: { track: { channels: 2, clips: [{ media: 'clicks', startSeconds: 0 }] } },
  instances: { fader: { model: 'audiocloud:gain', parameters: { gain: 0 } } },
  connections: {
    a: { from: { node: 'track' }, to: { node: 'fader' } },
    b: { from: { node: 'fader' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 } },
};

async function writeClicks(path: string): Promise<void> {
  const plane = Float32Array.from({ length: RATE * SECONDS }, (_, i) => {
    const at = i % (CLICK_SECONDS * RATE);
    return at < BURST_FRAMES ? 0.8 * Math.cos((2 * Math.PI * 2000 * at) / RATE) : 0;
  });
  const writer = await createWavWriter(path, { sampleRate: RATE, channels: 1, bits: '16' });
  await writer.write([plane], plane.length);
  await writer.close();
}

const wallMs = () => performance.timeOrigin + performance.now();

/** When the engine rendered frame 0, by the clock of the machine, and half of what question and answer leave open. */
async function renderedAtMs(live: LiveTask, sets: number): Promise<{ zeroMs: number; openMs: number }> {
  const zeros: number[] = [];
  const open: number[] = [];
  for (let i = 0; i < sets; i++) {
    const asked = wallMs();
    const { frame } = await live.set({ instance: 'fader', parameter: 'gain', value: i % 2 ? 0 : -0.01 });
    const answered = wallMs();
    if (frame === undefined) throw new Error('ear: the task does not play');
    zeros.push((asked + answered) / 2 - (1000 * frame) / RATE);
    open.push((answered - asked) / 2);
    await sleep(3 + (i % 5));
  }
  return { zeroMs: median(zeros), openMs: median(open) };
}

declare const heard: PageListening;

async function run(bench: Bench): Promise<Row[]> {
  if (!existsSync('/usr/bin/chromium'))
    return FORMATS.map(([id]) =>
      absentRow({ id: `ear/${id}`, name: `ear latency, ${id}`, unit: 'ms', goal: GOAL_MS, why: 'needs Chromium' }),
    );
  const folder = mkdtempSync(join(tmpdir(), 'ear-'));
  const mediaDir = join(folder, 'media');
  mkdirSync(mediaDir);
  await writeClicks(join(mediaDir, 'clicks.wav'));
  const domain = await startDomain({
    port: 0,
    access: 'open',
    dataDir: join(folder, 'data'),
    mediaDirs: [mediaDir],
    pluginDirs: [fileURLToPath(new URL('../../plugins', import.meta.url))],
    webDir: await listenPageFolder(),
    logger: pino({ level: 'silent' }),
    engineEnvironment: { AUDIOCLOUD_DEVICE: 'paced' },
  });
  const browser = await openBrowser();
  try {
    const client = new AudioCloudClient(domain.url);
    await client.tasks.create(task, 'clicks');
    const live = client.live('clicks');
    await live.ready;
    await live.transport({ play: true });
    const page = await browser.newPage();
    await openListenPage(page, domain.url);
    const rows: Row[] = [];
    for (const [id, quality] of FORMATS) {
      if (bench.quick && !QUICK.includes(id)) {
        rows.push(
          absentRow({
            id: `ear/${id}`,
            name: `ear latency, ${id}`,
            unit: 'ms',
            goal: GOAL_MS,
            why: 'not in a quick run',
          }),
        );
        continue;
      }
      bench.say(`ear: ${id}`);
      const { zeroMs, openMs } = await renderedAtMs(live, bench.quick ? 20 : 200);
      if (id === PEER) await page.evaluate(() => heard.startPeer({ task: 'clicks', packetMs: 10 }));
      else await page.evaluate((quality) => heard.start({ task: 'clicks', inWorker: true, ...quality }), quality);
      const clicks: number[] = [];
      const take = async () => clicks.push(...(await page.evaluate((level) => heard.takeClicks(level, 100), LEVEL)));
      // the start, and the delay that it settles at: the buffer goes by how uneven the last 4 s were
      await sleep(bench.quick ? 5000 : 8000);
      await take();
      clicks.length = 0;
      if (bench.quick) {
        for (const end = Date.now() + QUICK_MOST_MS; clicks.length < QUICK_CLICKS && Date.now() < end; await take())
          await sleep(CLICK_SECONDS * 1000);
      } else {
        await sleep(40 * CLICK_SECONDS * 1000 + 100);
        await take();
      }
      const facts = await page.evaluate(() => heard.now?.facts);
      const peer = id === PEER ? await page.evaluate(() => heard.peerFacts()) : undefined;
      const troubles = await page.evaluate(() => heard.troubles.splice(0));
      await page.evaluate(() => heard.stop());
      if (troubles.length > 0 || clicks.length < QUICK_CLICKS)
        throw new Error(`ear: ${id}: nothing heard: ${troubles}`);
      const delays = clicks.map((atMs) => {
        const frame = Math.floor((atMs - zeroMs) / (1000 * CLICK_SECONDS)) * CLICK_SECONDS * RATE;
        return atMs - zeroMs - (1000 * Math.floor(frame / BLOCK) * BLOCK) / RATE;
      });
      rows.push(
        row({
          id: `ear/${id}`,
          name: `from the render to the worklet, ${id === PEER ? 'WebRTC, ' : ''}${quality.format}${quality.packetMs ? `, packets of ${quality.packetMs} ms` : ''}, p50`,
          unit: 'ms',
          value: median(delays),
          goal: GOAL_MS,
          note: `p95 ${percentile(delays, 95).toFixed(0)} ms of ${clicks.length} clicks; ${peer ? `the browser's buffer held ${peer.bufferMs.toFixed(0)} ms` : `the buffer aims at ${((1000 * (facts?.targetFrames ?? 0)) / RATE).toFixed(0)} ms, ${facts?.underruns ?? 0} underruns`}; when the engine rendered is known to ${openMs.toFixed(1)} ms`,
        }),
      );
    }
    live.close();
    return rows;
  } finally {
    await browser.close();
    await domain.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

export const ear: Workload = {
  id: 'ear',
  name: 'from the render to the ear',
  about:
    'From the engine’s render of a click until its first loud sample leaves the AudioWorklet of headless Chromium, for each way to be sent it, on one machine. What browser and sound card add behind the worklet is not in it.',
  run,
};
