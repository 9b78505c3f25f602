import t from 'tap';
import { timeText } from './time-text.ts';
import { timelineSeconds } from './timeline-length.ts';

t.test('time as a clock shows it, rounded once', (t) => {
  t.same([0, 3.45, 59.9996, 61, 3723.45].map(timeText), [
    '0:00.000',
    '0:03.450',
    '1:00.000',
    '1:01.000',
    '1:02:03.450',
  ]);
  t.end();
});

t.test('timeline ends where the last thing known ends', (t) => {
  const clip = (startSeconds: number, lengthSeconds?: number) => ({ media: 'm', startSeconds, lengthSeconds });
  const tracks = { a: { channels: 2, clips: [clip(2, 6), clip(0, 3), clip(4)] } };
  t.equal(timelineSeconds({ sampleRate: 48000 }, 0), 10);
  t.equal(timelineSeconds({ sampleRate: 48000, tracks }, 0), 8);
  t.equal(timelineSeconds({ sampleRate: 48000, tracks }, 11), 11);
  t.equal(timelineSeconds({ sampleRate: 48000, tracks, loop: { startSeconds: 0, endSeconds: 9 } }, 0), 9);
  t.equal(timelineSeconds({ sampleRate: 48000, tracks, lengthSeconds: 5 }, 11), 5);
  const part = { instance: 'synth', notes: [{ seconds: 11, lengthSeconds: 2, note: 60 }] };
  t.equal(timelineSeconds({ sampleRate: 48000, tracks, notes: { part } }, 0), 13);
  t.end();
});
