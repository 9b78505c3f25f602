import { existsSync } from 'node:fs';
import { samplesOf, type Task } from '@audiocloud/api';
import { AudioCloudClient } from '@audiocloud/client';
import { chromium } from 'playwright-core';
import t from 'tap';
import { startTestDomain } from '../domain/testing/test-domain.ts';
import { noChromium } from './testing/open-page.ts';
import { fitSine } from './sine-fit.ts';
import { until } from './until.ts';

/*
 * WebRTC between a domain and a real Chromium, both ways. What the page does is written out here: it is what a client in another
 * language has to do.
 */

const task: Task = {
  sampleRate: 48000,
  tracks: { voice: { channels: 1, clips: [], source: { kind: 'push', bufferMs: 200 } } },
  buses: { wide: { inputChannels: 3 } },
  instances: { tone: { model: 'audiocloud:tone', parameters: { frequency: 997, level: -12 } } },
  connections: {
    a: { from: { node: 'tone' }, to: { node: 'main' } },
    b: { from: { node: 'voice' }, to: { node: 'spoken' } },
  },
  sinks: { main: { kind: 'stream', channels: 2 }, spoken: { kind: 'stream', channels: 1 } },
};

/** What the page found. */
interface Found {
  stats: { packetsReceived: number; packetsLost: number; concealedSamples: number; totalSamplesReceived: number };
  jitterBufferMs: number;
  peakHz: number;
  level: number;
  positions: { rtp: number; peak: number }[];
}

t.test(
  'WebRTC with Chromium',
  { skip: existsSync('/usr/bin/chromium') ? false : noChromium, timeout: 120_000 },
  async (t) => {
    const domain = await startTestDomain(t);
    const client = new AudioCloudClient(domain.url);
    await client.tasks.create(task, 'rtc');
    await client.tasks.transport('rtc', { play: true });
    const browser = await chromium.launch({
      executablePath: '/usr/bin/chromium',
      args: ['--no-sandbox', '--disable-gpu', '--autoplay-policy=no-user-gesture-required'],
    });
    t.teardown(() => browser.close());
    const page = await browser.newPage();
    await page.goto(`${domain.url}/health`);
    await page.evaluate(
      async (url) => {
        const socket = new WebSocket(url);
        const waiting = new Map<number, (message: { type: string; answer?: string; error?: unknown }) => void>();
        const told: { type: string; state?: string; why?: string }[] = [];
        await new Promise((resolve) => socket.addEventListener('open', resolve));
        socket.addEventListener('message', ({ data }) => {
          const message = JSON.parse(data);
          told.push(message);
          waiting.get(message.id)?.(message);
        });
        let last = 0;
        const ask = (request: object) =>
          new Promise<{ type: string; answer?: string }>((resolve) => {
            waiting.set(++last, resolve);
            socket.send(JSON.stringify({ ...request, id: last }));
          });
        const context = new AudioContext({ sampleRate: 48000 });
        const oscillator = new OscillatorNode(context, { frequency: 440 });
        const sent = new MediaStreamAudioDestinationNode(context);
        oscillator.connect(new GainNode(context, { gain: 0.5 })).connect(sent);
        oscillator.start();
        const connection = new RTCPeerConnection();
        const positions: { rtp: number; peak: number }[] = [];
        const channel = connection.createDataChannel('packets', { ordered: false, maxRetransmits: 0 });
        channel.binaryType = 'arraybuffer';
        const { port } = { port: channel };
        port.addEventListener('message', ({ data }) => {
          const view = new DataView(data);
          const text = new TextDecoder().decode(data.slice(4));
          const meters = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1));
          positions.push({ rtp: view.getUint32(0, true), peak: meters.peak[0] });
        });
        connection.addTrack(sent.stream.getAudioTracks()[0]!, sent.stream);
        const receiver = connection.getReceivers()[0]!;
        (receiver as { jitterBufferTarget?: number }).jitterBufferTarget = 0;
        await connection.setLocalDescription();
        if (connection.iceGatheringState !== 'complete')
          await new Promise<void>((resolve) => {
            connection.onicegatheringstatechange = () => connection.iceGatheringState === 'complete' && resolve();
          });
        const open = async (node: string) => {
          const { answer, ...rest } = await ask({ type: 'peer', offer: connection.localDescription!.sdp, node });
          if (answer) await connection.setRemoteDescription({ type: 'answer', sdp: answer });
          return rest;
        };
        Object.assign(globalThis, { rtc: { ask, open, connection, context, receiver, positions, told } });
      },
      `${domain.url.replace('http', 'ws')}/v1/tasks/rtc/live`,
    );

    await t.test(
      'a node is heard with its pitch and level, no packet lost, positions and meters beside it',
      async (t) => {
        const found = (await page.evaluate(async () => {
          const { open, connection, context, receiver, positions } = (globalThis as never as { rtc: Rtc }).rtc;
          const stream = new MediaStream([receiver.track]);
          // Chromium decodes what comes from a peer only where an element plays it
          const element = new Audio();
          element.srcObject = stream;
          element.muted = true;
          void element.play();
          const analyser = new AnalyserNode(context, { fftSize: 32768, smoothingTimeConstant: 0 });
          context.createMediaStreamSource(stream).connect(analyser);
          await open('main');
          while (connection.connectionState !== 'connected') await new Promise((resolve) => setTimeout(resolve, 20));
          await new Promise((resolve) => setTimeout(resolve, 4000));
          const spectrum = new Float32Array(analyser.frequencyBinCount);
          analyser.getFloatFrequencyData(spectrum);
          const best = spectrum.indexOf(Math.max(...spectrum));
          const wave = new Float32Array(analyser.fftSize);
          analyser.getFloatTimeDomainData(wave);
          const stats = [...(await connection.getStats()).values()].find(({ type }) => type === 'inbound-rtp');
          return {
            stats,
            jitterBufferMs: (stats.jitterBufferDelay / stats.jitterBufferEmittedCount) * 1000,
            peakHz: (best * context.sampleRate) / analyser.fftSize,
            level: Math.sqrt(wave.reduce((sum, x) => sum + x * x, 0) / wave.length),
            positions,
          };
        })) as Found;
        const { stats, jitterBufferMs, peakHz, level, positions } = found;
        t.comment(`jitter buffer ${jitterBufferMs.toFixed(0)} ms, ${stats.packetsReceived} packets`);
        t.ok(Math.abs(peakHz - 997) < 2, `${peakHz} Hz`);
        const wanted = 10 ** (-12 / 20) / Math.SQRT2;
        t.ok(Math.abs(20 * Math.log10(level / wanted)) < 0.5, `level ${level}, wanted ${wanted}`);
        t.ok(stats.packetsReceived > 200, `${stats.packetsReceived} packets`);
        t.equal(stats.packetsLost, 0);
        t.ok(stats.concealedSamples < 0.02 * stats.totalSamplesReceived, `${stats.concealedSamples} samples concealed`);
        t.ok(positions.length > 200, `${positions.length} positions`);
        // they may overtake each other
        const times = positions.map(({ rtp }) => (rtp - positions[0]!.rtp) | 0).sort((a, b) => a - b);
        const steps = times.slice(1).map((time, i) => time - times[i]!);
        t.ok(
          steps.every((step) => step > 0 && step % 480 === 0),
          'RTP time goes on by 10 ms',
        );
        t.ok(Math.abs(positions.at(-1)!.peak - 10 ** (-12 / 20)) < 0.01, 'meters of the same frames');
      },
    );

    await t.test('sound of the page goes into a track, with its pitch', async (t) => {
      const packets: Float32Array[] = [];
      const live = client.live('rtc', { onPacket: (packet) => packets.push(samplesOf(packet)) });
      t.teardown(() => live.close());
      await live.ready;
      await live.listen({ node: 'spoken', format: 'f32' });
      t.match(
        await page.evaluate(() => (globalThis as never as { rtc: Rtc }).rtc.ask({ type: 'push', track: 'voice' })),
        {
          type: 'ack',
        },
      );
      await until('it is heard', () => packets.length > 400 && Math.max(...packets.at(-1)!) > 0.2);
      const from = packets.length;
      await until('for a while', () => packets.length > from + 20);
      const heard = Float32Array.from(packets.slice(from, from + 10).flatMap((samples) => [...samples]));
      const { frequencyHz, amplitude } = fitSine(heard, 48000, 440);
      t.ok(Math.abs(frequencyHz - 440) < 3, `${frequencyHz} Hz`);
      t.ok(Math.abs(20 * Math.log10(amplitude / 0.5)) < 1, `level ${amplitude}`);
    });

    await t.test('more than two channels, a node that is not there and nonsense are refused by name', async (t) => {
      const refused = (request: object) =>
        page.evaluate((one) => (globalThis as never as { rtc: Rtc }).rtc.ask(one), request);
      t.match(await refused({ type: 'peer', offer: 'v=0' }), { type: 'error', error: { code: 'WEBRTC_REFUSED' } });
      const answer = await page.evaluate(async () => {
        const { ask, connection } = (globalThis as never as { rtc: Rtc }).rtc;
        const other = new RTCPeerConnection();
        other.addTransceiver('audio');
        await other.setLocalDescription();
        const offer = other.localDescription!.sdp;
        const none = await ask({ type: 'peer', offer, node: 'none' });
        const wide = await ask({ type: 'peer', offer, node: 'wide' });
        connection.close();
        return { none, wide };
      });
      t.match(answer.none, { type: 'error', error: { code: 'NODE_UNKNOWN' } });
      t.match(answer.wide, { type: 'ack' });
      await until('it is told', () =>
        page.evaluate(() =>
          (globalThis as never as { rtc: Rtc }).rtc.told.some(
            ({ type, state, why }) => type === 'peer' && state === 'closed' && /has 3/.test(why ?? ''),
          ),
        ),
      );
    });
  },
);

/** What the page keeps for the tests. */
interface Rtc {
  ask(request: object): Promise<{ type: string; answer?: string }>;
  open(node: string): Promise<object>;
  connection: RTCPeerConnection;
  context: AudioContext;
  receiver: RTCRtpReceiver;
  positions: Found['positions'];
  told: { type: string; state?: string; why?: string }[];
}
