import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { sharedTestDomain, toneTask } from '../../domain/testing/test-domain.ts';
import { until } from '../../test/until.ts';
import { AudioCloudClient, type HeardPiece, type ListenOptions, TaskListener } from '../index.ts';

const domain = await sharedTestDomain(t, 'sounding');

t.test('listener', { timeout: 100_000 }, async (t) => {
  await domain.call('PATCH', '/v1/tasks/sounding/transport', { play: true });
  const open = async (options: Partial<ListenOptions> = {}, task = 'sounding') => {
    const drops: string[] = [];
    const live = new AudioCloudClient(domain.url).live(task, { onConnection: (connection) => drops.push(connection) });
    t.teardown(() => live.close());
    const pieces: HeardPiece[] = [];
    const troubles: AudioCloudError[] = [];
    const listener = new TaskListener(live, {
      onPiece: (piece) => pieces.push(piece),
      onTrouble: (error) => troubles.push(error),
      ...options,
    });
    return { live, listener, pieces, troubles, drops };
  };

  await t.test('gives frames in order, with the levels of the very same frames', async (t) => {
    const { listener, pieces } = await open({ format: 'f32' });
    await listener.start();
    await until('half a second', () => pieces.length > 50);
    await listener.stop();
    const count = pieces.length;
    for (const [i, { streamFrame, frames, samples, channels, meters }] of pieces.entries()) {
      if (i > 0) t.equal(streamFrame, pieces[i - 1]!.streamFrame + pieces[i - 1]!.frames);
      t.equal(samples.length, frames * channels);
      for (let c = 0; c < channels; c++) {
        let peak = 0;
        for (let at = c; at < samples.length; at += channels) peak = Math.max(peak, Math.abs(samples[at]!));
        t.ok(Math.abs(meters!.peak[c]! - peak) < 1e-5, 'the peak of the piece is the peak of its samples');
      }
    }
    t.equal(listener.counts.lostFrames, 0);
    await new Promise((resolve) => setTimeout(resolve, 100));
    t.equal(pieces.length, count, 'after its stop nothing comes');
  });

  await t.test('begins with what was sent before, when asked', async (t) => {
    const first = await open({ format: 'flac16' });
    await first.listener.start();
    await until('a second', () => first.pieces.length > 100);
    const second = await open({ format: 'flac16', secondsAgo: 0.5 });
    await second.listener.start();
    await until('it comes', () => second.pieces.length > 0);
    const begun = second.pieces[0]!;
    const same = first.pieces.find(({ streamFrame }) => streamFrame === begun.streamFrame);
    t.ok(same, 'a piece that the first had before');
    t.same(begun.samples, same!.samples);
    await Promise.all([first.listener.stop(), second.listener.stop()]);
  });

  await t.test('opus at the rate of the task has no hole', async (t) => {
    await domain.create('slower', { ...toneTask, sampleRate: 44100 });
    await domain.call('PATCH', '/v1/tasks/slower/transport', { play: true });
    const { listener, pieces } = await open({ format: 'opus' }, 'slower');
    await listener.start();
    await until('half a second', () => pieces.length > 25);
    await listener.stop();
    const { sampleRate } = pieces[0]!;
    for (const [i, { streamFrame }] of pieces.entries())
      if (i > 0) t.equal(streamFrame, pieces[i - 1]!.streamFrame + pieces[i - 1]!.frames, `at ${sampleRate} Hz`);
  });

  await t.test('a format that cannot be decoded here is not asked for, and nothing reconnects', async (t) => {
    const cannot = new AudioCloudError('DECODER_FAILED', 'Cannot listen in opus: no WebAssembly here');
    const { listener, live, drops } = await open({ format: 'opus', loadDecoder: () => Promise.reject(cannot) });
    await t.rejects(listener.start(), { code: 'DECODER_FAILED' });
    t.notOk(listener.isOn);
    t.equal(live.connection, 'open');
    t.notOk(drops.includes('lost'));
  });

  await t.test('a decoder that fails ends the listening with one error, and the connection stays', async (t) => {
    let packets = 0;
    const { listener, live, drops, troubles, pieces } = await open({
      format: 's16',
      loadDecoder: async () => ({
        decode: async ({ frames, channels }) => {
          if (++packets > 3) throw new AudioCloudError('DECODER_FAILED', 'Cannot decode packet 4');
          return new Float32Array(frames * channels);
        },
        free: () => {},
      }),
    });
    await listener.start();
    await until('it fails', () => troubles.length > 0);
    await live.transport({ loop: null }); // an answer: what was under way is here
    t.same(
      troubles.map(({ code }) => code),
      ['DECODER_FAILED'],
    );
    t.equal(pieces.length, 3);
    t.notOk(listener.isOn);
    t.notOk(drops.includes('lost'));
    t.equal(live.connection, 'open');
  });

  await t.test('a node that is not there is refused', async (t) => {
    const { listener } = await open({ node: 'nowhere', format: 's16' });
    await t.rejects(listener.start(), { code: 'NODE_UNKNOWN' });
    t.notOk(listener.isOn);
  });
});
