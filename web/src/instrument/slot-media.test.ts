import type { Instance, MediaSlot } from '@audiocloud/api';
import t from 'tap';
import { shownPlaces, withMedia } from './slot-media.ts';

const one: MediaSlot = { id: 'response', name: 'Response', maxSeconds: 10, maxChannels: 2 };
const many: MediaSlot = { id: 'samples', name: 'Sample', count: 3, maxSeconds: 10, maxChannels: 2 };
const instance: Instance = { model: 'test:keys', parameters: { level: -6 } };

t.test('what is filled is shown, and the next place that is free', (t) => {
  t.same(shownPlaces(instance, one), [null]);
  t.same(shownPlaces({ ...instance, media: { response: 'hall' } }, one), ['hall']);
  t.same(shownPlaces(instance, many), [null]);
  t.same(shownPlaces({ ...instance, media: { samples: 'kick' } }, many), ['kick', null]);
  t.same(shownPlaces({ ...instance, media: { samples: ['kick', null, 'hat'] } }, many), ['kick', null, 'hat']);
  t.end();
});

t.test('media is put into a place and taken out of it; everything else stays', (t) => {
  const filled = withMedia(instance, one, 0, 'hall');
  t.same(filled, { ...instance, media: { response: 'hall' } });
  t.same(withMedia(filled, one, 0, null), instance, 'without media no trace of it is left');
  const kit = withMedia(withMedia(filled, many, 0, 'kick'), many, 2, 'hat');
  t.same(kit.media, { response: 'hall', samples: ['kick', null, 'hat'] });
  t.same(withMedia(kit, many, 0, null).media, { response: 'hall', samples: [null, null, 'hat'] });
  t.same(withMedia(kit, many, 2, null).media, { response: 'hall', samples: ['kick'] });
  t.same(instance, { model: 'test:keys', parameters: { level: -6 } });
  t.end();
});
