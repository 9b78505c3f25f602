import { readFileSync } from 'node:fs';
import { checkModel } from '@audiocloud/api';
import t from 'tap';
import { slotNoises } from './cost-rig.ts';

t.test('every slot of a model has noise that it takes', async (t) => {
  const path = new URL('../../examples/plugins/c-sine-keys/audiocloud.json', import.meta.url);
  const { models } = JSON.parse(readFileSync(path, 'utf8'));
  const slot = models[0].mediaSlots[0];
  const mediaSlots = [slot, { ...slot, id: 'short', maxSeconds: 0.25, maxChannels: 1 }];
  const { 'in-attack': long, 'in-short': short } = slotNoises(48000, checkModel({ ...models[0], mediaSlots }));
  t.match(long, { channels: 2, frames: 48000, sampleRate: 48000 });
  t.match(short, { channels: 1, frames: 12000 });
  for (const media of [long!, short!]) t.ok(media.data.every((samples) => samples.some((sample) => sample !== 0)));
  t.same(slotNoises(48000, checkModel({ ...models[0], mediaSlots: [] })), {});
});
