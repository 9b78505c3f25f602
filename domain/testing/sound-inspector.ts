import { writeFileSync } from 'node:fs';
import type { MediaFacts } from '@audiocloud/api';
import type { MediaInspector } from '../media/media-inspector.ts';

/** What it finds. */
export const INSPECTED: MediaFacts = {
  container: 'wav',
  codec: 'pcm_s16',
  sampleRate: 48_000,
  channels: 1,
  frames: 10,
  isLossy: false,
  loudness: {},
  tags: {},
};

/** Takes any file for a sound, as an engine would one: for tests of who has how much. */
export const soundInspector: MediaInspector = {
  inspect: async ({ peaksPath }) => {
    writeFileSync(peaksPath, 'peaks');
    return INSPECTED;
  },
  listen: () => () => undefined,
};
