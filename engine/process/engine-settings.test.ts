import { resolve } from 'node:path';
import t from 'tap';
import { engineSettings } from './engine-settings.ts';

t.test('settings come from the command line and the environment', async (t) => {
  t.match(engineSettings([], {}), {
    dataDir: resolve('data'),
    pluginDirs: [],
    device: 'auto',
    sampleRate: 48000,
    blockFrames: 128,
    threads: 1,
  });
  const environment = {
    AUDIOCLOUD_DATA: '/x',
    AUDIOCLOUD_DEVICE: 'paced',
    AUDIOCLOUD_SAMPLE_RATE: '44100',
    AUDIOCLOUD_BLOCK_FRAMES: '256',
    AUDIOCLOUD_RENDER_THREADS: '3',
  };
  t.match(engineSettings(['--data', '/d', '--plugins', '/p', '--plugins', '/q'], environment), {
    dataDir: '/d',
    pluginDirs: ['/p', '/q'],
    device: 'paced',
    sampleRate: 44100,
    blockFrames: 256,
    threads: 3,
  });
});

t.test('settings out of range are refused by name', async (t) => {
  for (const [name, value] of [
    ['AUDIOCLOUD_BLOCK_FRAMES', '8'],
    ['AUDIOCLOUD_BLOCK_FRAMES', '12.5'],
    ['AUDIOCLOUD_SAMPLE_RATE', 'fast'],
    ['AUDIOCLOUD_RENDER_THREADS', '0'],
  ] as const)
    t.throws(() => engineSettings([], { [name]: value }), { code: 'REQUEST_INVALID', message: new RegExp(name) });
});
