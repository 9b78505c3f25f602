import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import t from 'tap';
import { engineSettings } from './engine-settings.ts';

t.test('settings come from the command line and the environment', async (t) => {
  t.match(engineSettings([], {}), {
    dataDir: resolve('data'),
    pluginDirs: [],
    device: 'auto',
    sampleRate: 48000,
    blockFrames: 128,
    threads: Math.min(16, Math.max(1, availableParallelism() - 1)),
    wedgedMs: 50,
    bufferBlocks: undefined,
    admitLoad: 0.95,
    outputCeilingsDb: [-0.1],
    cacheDir: join(homedir(), '.cache/audiocloud'),
  });
  const environment = {
    AUDIOCLOUD_DATA: '/x',
    AUDIOCLOUD_DEVICE: 'paced',
    AUDIOCLOUD_SAMPLE_RATE: '44100',
    AUDIOCLOUD_BLOCK_FRAMES: '256',
    AUDIOCLOUD_RENDER_THREADS: '3',
    AUDIOCLOUD_WEDGED_MS: '200',
    AUDIOCLOUD_BUFFER_BLOCKS: '0',
    AUDIOCLOUD_ADMIT_LOAD: '0.5',
    AUDIOCLOUD_OUTPUT_CEILING_DB: '-1, -12',
    AUDIOCLOUD_CACHE: '/c',
  };
  t.match(engineSettings(['--data', '/d', '--plugins', '/p', '--plugins', '/q'], environment), {
    dataDir: '/d',
    pluginDirs: ['/p', '/q'],
    device: 'paced',
    sampleRate: 44100,
    blockFrames: 256,
    threads: 3,
    wedgedMs: 200,
    bufferBlocks: 0,
    admitLoad: 0.5,
    outputCeilingsDb: [-1, -12],
    cacheDir: '/c',
  });
  t.equal(engineSettings([], { AUDIOCLOUD_ADMIT_LOAD: 'off' }).admitLoad, undefined);
  t.equal(engineSettings([], { XDG_CACHE_HOME: '/x' }).cacheDir, '/x/audiocloud');
});

t.test('settings out of range are refused by name', async (t) => {
  for (const [name, value] of [
    ['AUDIOCLOUD_BLOCK_FRAMES', '8'],
    ['AUDIOCLOUD_BLOCK_FRAMES', '12.5'],
    ['AUDIOCLOUD_SAMPLE_RATE', 'fast'],
    ['AUDIOCLOUD_RENDER_THREADS', '0'],
    ['AUDIOCLOUD_WEDGED_MS', '3'],
    ['AUDIOCLOUD_BUFFER_BLOCKS', '65'],
    ['AUDIOCLOUD_ADMIT_LOAD', '1.5'],
    ['AUDIOCLOUD_ADMIT_LOAD', 'none'],
    ['AUDIOCLOUD_OUTPUT_CEILING_DB', '0.1'],
    ['AUDIOCLOUD_OUTPUT_CEILING_DB', '-1,,-2'],
    ['AUDIOCLOUD_OUTPUT_CEILING_DB', '-61'],
  ] as const)
    t.throws(() => engineSettings([], { [name]: value }), { code: 'REQUEST_INVALID', message: new RegExp(name) });
});
