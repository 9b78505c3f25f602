import type { StreamQuality } from '@audiocloud/api';
import { measureSamples } from '../../engine/stream/measure-samples.ts';
import { pieceEncoder } from '../../engine/stream/piece-encoder.ts';
import { median } from '../row.ts';
import { noise } from '../signals.ts';

/*
 * What packets of streams cost to encode: qualities as JSON and the number of batches in the arguments, microseconds for a packet of each
 * on the channel. A process of its own: a bench compiles what renders at once, and so no asynchronous compile may run in it.
 */
const RATE = 48_000;
const CHANNELS = 2;
const BATCH = 50;
const WARM_BATCHES = 3;

/** The median of batches; the levels of a packet are among it, as in the stream thread. */
async function encodeUs({ format, packetMs, bitRate }: StreamQuality, batches: number): Promise<number> {
  const frames = (RATE * packetMs!) / 1000;
  const encoder = await pieceEncoder({ format, bitRate, packetMs: packetMs!, channels: CHANNELS, sampleRate: RATE });
  const [sound] = noise(1, frames * BATCH * CHANNELS, 0.25).data;
  const times: number[] = [];
  let streamFrame = 0;
  for (let batch = -WARM_BATCHES; batch < batches; batch++) {
    let made = 0;
    const begun = performance.now();
    for (let i = 0; i < BATCH; i++, streamFrame += frames) {
      const samples = sound!.subarray(i * frames * CHANNELS, (i + 1) * frames * CHANNELS);
      const piece = { playId: 1, streamFrame, timelineFrame: streamFrame, frames, samples };
      made += encoder.encode(piece, measureSamples(samples, CHANNELS)).length;
    }
    if (made < BATCH - 1) throw new Error(`${format} made ${made} packets of ${BATCH}`);
    if (batch >= 0) times.push(((performance.now() - begun) * 1000) / made);
  }
  encoder.close();
  return median(times);
}

const qualities = JSON.parse(process.argv[2]!) as StreamQuality[];
const costs: number[] = [];
for (const quality of qualities) costs.push(await encodeUs(quality, Number(process.argv[3])));
process.send!(costs);
process.disconnect();
