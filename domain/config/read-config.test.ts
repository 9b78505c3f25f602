import { join } from 'node:path';
import { AudioCloudError } from '@audiocloud/api';
import t, { type Test } from 'tap';
import { nearest } from './nearest.ts';
import { type ConfigProblem, readConfig } from './read-config.ts';
import { SETTINGS } from './settings.ts';

function fileOf(t: Test, text: string, name = 'audiocloud.yaml'): string {
  return join(t.testdir({ [name]: text }), name);
}

/** The problems of a configuration that is refused, without the folder of its file. */
function problemsOf(file: string | undefined, environment: NodeJS.ProcessEnv = {}): ConfigProblem[] {
  try {
    readConfig({ file, environment });
  } catch (error) {
    if (!(error instanceof AudioCloudError) || error.code !== 'CONFIG_INVALID') throw error;
    const problems = error.details?.['problems'] as ConfigProblem[];
    for (const { where, key, message } of problems)
      if (!error.message.includes(`${where}: ${key}: ${message}`)) throw new Error(`not told: ${where}`);
    return problems.map((problem) => ({ ...problem, where: problem.where.replace(/^.*\//, '') }));
  }
  throw new Error('it was accepted');
}

t.test(
  'flags win over the environment, that over the file, that over defaults; each value says where it is from',
  async (t) => {
    const file = fileOf(t, 'port: 1000\nhost: 10.0.0.1\nlog:\n  level: warn\ndrain: { limitSeconds: 3 }\n');
    const { config, settings } = readConfig({
      file,
      environment: { AUDIOCLOUD_PORT: '2000', AUDIOCLOUD_HOST: '10.0.0.2', AUDIOCLOUD_DRAIN_DELAY_SECONDS: '1.5' },
      flags: { port: 3000, host: undefined },
    });
    t.match(config, {
      port: 3000,
      host: '10.0.0.2',
      log: { level: 'warn' },
      drain: { delaySeconds: 1.5, limitSeconds: 3 },
      requestsPerMinute: 6000,
    });
    const sources = Object.fromEntries(settings.map(({ key, source }) => [key, source]));
    t.match(sources, {
      port: '--port',
      host: 'AUDIOCLOUD_HOST',
      'drain.delaySeconds': 'AUDIOCLOUD_DRAIN_DELAY_SECONDS',
      'drain.limitSeconds': `${file}:5:10`,
      'log.level': `${file}:4:3`,
      requestsPerMinute: 'default',
    });
  },
);

t.test('the same in JSON, and an empty file, are configurations', async (t) => {
  const json = fileOf(t, '{ "port": 1000,\n "media": ["songs"] }', 'audiocloud.json');
  t.match(readConfig({ file: json, environment: {} }).config, { port: 1000, media: [join(json, '../songs')] });
  t.match(readConfig({ file: fileOf(t, '# nothing\n'), environment: {} }).config, { port: 7700 });
});

t.test('paths are from the folder of the file, those of the environment from the current one', async (t) => {
  const file = fileOf(t, 'data: ../store\nplugins: [mine, /opt/theirs]\n');
  const { config } = readConfig({ file, environment: { AUDIOCLOUD_MEDIA: 'one:/two' } });
  t.equal(config.data, join(file, '../../store'));
  t.same(config.plugins, [join(file, '../mine'), '/opt/theirs']);
  t.same(config.media, [join(process.cwd(), 'one'), '/two']);
});

t.test('a problem has its line and column, its key, what is there and what is wanted', async (t) => {
  const text = ['port: high', 'log:', '  level: loud', '  levle: info', 'media: songs', 'drain: 5', 'colour: red', ''];
  t.same(problemsOf(fileOf(t, text.join('\n'))), [
    { where: 'audiocloud.yaml:4:3', key: 'log.levle', message: 'there is no such key; did you mean level?' },
    {
      where: 'audiocloud.yaml:6:1',
      key: 'drain',
      message: 'it is 5, wanted the keys delaySeconds, limitSeconds',
    },
    {
      where: 'audiocloud.yaml:7:1',
      key: 'colour',
      message: `there is no such key; there are ${[...new Set(SETTINGS.map(({ key }) => key.split('.')[0]))].join(', ')}`,
    },
    { where: 'audiocloud.yaml:1:1', key: 'port', message: 'it is "high", wanted a whole number from 0 to 65535' },
    { where: 'audiocloud.yaml:5:1', key: 'media', message: 'it is "songs", wanted a list of folders' },
    {
      where: 'audiocloud.yaml:3:3',
      key: 'log.level',
      message: 'it is "loud", wanted one of trace, debug, info, warn, error, fatal, silent',
    },
  ]);
});

t.test('a variable is refused by its name, and its secret is not told', async (t) => {
  t.same(problemsOf(undefined, { AUDIOCLOUD_PORT: '7700x', AUDIOCLOUD_TRACING_HEADERS: 'my-key' }), [
    { where: 'AUDIOCLOUD_PORT', key: 'port', message: 'it is "7700x", wanted a whole number from 0 to 65535' },
    { where: 'AUDIOCLOUD_TRACING_HEADERS', key: 'tracing.headers', message: 'it is its value, wanted names with text' },
  ]);
  const { config, settings, notes } = readConfig({
    environment: {
      AUDIOCLOUD_TRACING_HEADERS: 'authorization=Bearer a=b,x=1',
      AUDIOCLOUD_ADMIT_LOAD: 'off',
      AUDIOCLOUD_EXAMPLE: 'true',
      AUDIOCLOUD_LOG_LEVLE: 'info',
      AUDIOCLOUD_HOST: '',
    },
  });
  t.same(config.tracing?.headers, { authorization: 'Bearer a=b', x: '1' });
  t.match(config, { admitLoad: 'off', example: true, host: '127.0.0.1' });
  t.equal(settings.find(({ key }) => key === 'tracing.headers')?.isSecret, true);
  t.same(notes, ['AUDIOCLOUD_LOG_LEVLE is no setting; did you mean AUDIOCLOUD_LOG_LEVEL?']);
});

t.test('engines are a list of entries, and in the environment JSON', async (t) => {
  const file = fileOf(
    t,
    'engines:\n  - { id: second, device: paced, resources: { gpu: 1 } }\n  - { id: far, folder: there }\n',
  );
  t.same(readConfig({ file, environment: {} }).config.engines, [
    { id: 'second', device: 'paced', resources: { gpu: 1 } },
    { id: 'far', folder: join(file, '../there') },
  ]);
  const text = JSON.stringify([{ id: 'second' }]);
  t.same(readConfig({ environment: { AUDIOCLOUD_ENGINES: text } }).config.engines, [{ id: 'second' }]);
  const wrong = fileOf(
    t,
    'engines:\n  - { id: Second, renderThreads: 0, colour: red }\n  - paced\n  - device: paced\n',
  );
  t.match(problemsOf(wrong), [
    { where: 'audiocloud.yaml:1:1', key: 'engines[0].id', message: 'it is "Second", wanted text' },
    { key: 'engines[0].renderThreads', message: 'it is 0, wanted a whole number from 1 to 16' },
    { key: 'engines[0].colour', message: /no such key/ },
    { key: 'engines[1]', message: /it is "paced", wanted the keys id, / },
    { key: 'engines[2]', message: 'it has no id' },
  ]);
  t.match(problemsOf(undefined, { AUDIOCLOUD_ENGINES: 'second' }), [
    { key: 'engines', message: 'it is "second", wanted a list of engines, each with an id' },
  ]);
});

t.test('what cannot be read is refused with its place', async (t) => {
  const twice = fileOf(t, 'port: 1\nport: 2\n');
  t.throws(() => readConfig({ file: twice, environment: {} }), { code: 'CONFIG_INVALID', message: /:2:1: .*unique/ });
  t.throws(() => readConfig({ file: fileOf(t, '{"port": '), environment: {} }), { code: 'CONFIG_INVALID' });
  t.throws(() => readConfig({ file: '/none/at/all.yaml', environment: {} }), { message: /all\.yaml.*no such file/ });
  t.match(problemsOf(fileOf(t, '- port\n')), [{ key: 'the file', where: 'audiocloud.yaml:1:1' }]);
});

t.test('every setting has a description, and a variable of its own', async (t) => {
  for (const { key, schema } of SETTINGS) t.ok(schema.description, key);
  t.equal(new Set(SETTINGS.map(({ variable }) => variable)).size, SETTINGS.length);
});

t.test('the nearest word is one that somebody may have meant', async (t) => {
  t.equal(nearest('prot', ['host', 'port']), 'port');
  t.equal(nearest('samplerate', ['sampleRate', 'scheduling']), 'sampleRate');
  t.equal(nearest('colour', ['host', 'port']), undefined);
});
