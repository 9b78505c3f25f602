import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { sharedTestDomain } from '../testing/test-domain.ts';

const domain = await sharedTestDomain(t);

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** Reads the text format of Prometheus 0.0.4, strictly: what it does not allow throws. */
function parse(text: string): { kinds: Map<string, string>; samples: Sample[] } {
  const kinds = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  let family = '';
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.slice(0, -1).split('\n')) {
    const help = /^# HELP ([a-z_]+) \S.*$/.exec(line);
    const type = /^# TYPE ([a-z_]+) (counter|gauge|histogram)$/.exec(line);
    const sample = /^([a-z_]+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (help) {
      if (kinds.has(help[1]!)) throw new Error(`the family ${help[1]} stands twice`);
      family = help[1]!;
    } else if (type) {
      if (type[1] !== family) throw new Error(`TYPE without its HELP: ${line}`);
      kinds.set(family, type[2]!);
    } else if (sample) {
      const [, name, written = '', value] = sample;
      const suffix = kinds.get(family) === 'histogram' ? /^_(bucket|sum|count)$/ : /^$/;
      if (!name!.startsWith(family) || !suffix.test(name!.slice(family.length)))
        throw new Error(`${line} stands in the family ${family}`);
      if (seen.has(`${name}{${written}}`)) throw new Error(`${line} stands twice`);
      seen.add(`${name}{${written}}`);
      const pairs = [...written.matchAll(/([a-z_]+)="((?:[^"\\\n]|\\[\\n"])*)"(?:,|$)/g)];
      if (pairs.map(([whole]) => whole).join('') !== written) throw new Error(`labels of ${line}`);
      if (Number.isNaN(Number(value))) throw new Error(`value of ${line}`);
      samples.push({
        name: name!,
        labels: Object.fromEntries(pairs.map(([, k, v]) => [k!, v!])),
        value: Number(value),
      });
    } else throw new Error(`no line of metrics: ${line}`);
  }
  return { kinds, samples };
}

async function read() {
  const { status, body, headers } = await domain.call('GET', '/metrics');
  return { status, type: headers.get('content-type'), ...parse(body as string) };
}

t.test('metrics are the text format, with blocks, loads and histograms of engine, threads and tasks', async (t) => {
  await domain.create('sounding');
  await domain.call('PATCH', '/v1/tasks/sounding/transport', { play: true });
  const valueIn = (samples: Sample[], name: string, labels: Record<string, string> = {}) =>
    samples.find((one) => one.name === name && Object.entries(labels).every(([k, v]) => one.labels[k] === v))?.value;
  let found = await read();
  const task = { task: 'sounding' };
  for (let i = 0; i < 100 && !valueIn(found.samples, 'audiocloud_task_blocks_total', task); i++) {
    await sleep(100);
    found = await read();
  }
  const { status, type, kinds, samples } = found;
  t.equal(status, 200);
  t.equal(type, 'text/plain; version=0.0.4; charset=utf-8');
  t.equal(valueIn(samples, 'audiocloud_engine_up'), 1);
  t.equal(valueIn(samples, 'audiocloud_engine_block_period_seconds'), 128 / 48000);
  t.ok(valueIn(samples, 'audiocloud_engine_info', { device: 'paced' }));
  t.equal(valueIn(samples, 'audiocloud_engine_faults_total'), 0);
  t.ok(valueIn(samples, 'audiocloud_thread_load_ratio', { thread: '0' })! >= 0);
  t.equal(valueIn(samples, 'audiocloud_task_faults_total', task), 0);
  for (const [name, kind] of kinds) {
    t.match(name, /^audiocloud_(domain|engine|thread|task|instance)_/);
    t.equal(name.endsWith('_total'), kind === 'counter', `${name} is a ${kind}`);
  }

  const route = { method: 'PATCH', route: '/v1/tasks/:id/transport' };
  t.ok(valueIn(samples, 'audiocloud_domain_requests_total', { ...route, status: '200' })! >= 1);
  t.ok(valueIn(samples, 'audiocloud_domain_request_seconds_count', route)! >= 1);
  t.ok(valueIn(samples, 'audiocloud_domain_store_operations_total', { operation: 'write' })! >= 1);
  t.equal(valueIn(samples, 'audiocloud_domain_ready'), 1);
  for (const name of ['resident_memory_bytes', 'heap_used_bytes', 'cpu_seconds_total'])
    t.ok(valueIn(samples, `audiocloud_domain_${name}`)! > 0, name);
  for (const quantile of ['0.5', '0.99'])
    t.ok(valueIn(samples, 'audiocloud_domain_event_loop_delay_seconds', { quantile })! >= 0, quantile);

  const histograms = [...kinds].filter(([, kind]) => kind === 'histogram').map(([name]) => name);
  t.same(histograms, [
    'audiocloud_domain_request_seconds',
    'audiocloud_domain_store_seconds',
    'audiocloud_engine_lateness_seconds',
    'audiocloud_engine_response_seconds',
    'audiocloud_thread_block_seconds',
    'audiocloud_task_block_seconds',
  ]);
  for (const name of histograms) {
    const labels = samples.find((one) => one.name === `${name}_count`)!.labels;
    const buckets = samples.filter(
      (one) => one.name === `${name}_bucket` && Object.entries(labels).every(([k, v]) => one.labels[k] === v),
    );
    const counts = buckets.map(({ value }) => value);
    const ends = buckets.map(({ labels: { le } }) => (le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le)));
    t.same(
      ends,
      [...ends].sort((a, b) => a - b),
      `${name}: ends grow`,
    );
    t.same(
      counts,
      [...counts].sort((a, b) => a - b),
      `${name}: each bucket holds those before`,
    );
    t.equal(ends.at(-1), Number.POSITIVE_INFINITY);
    t.equal(counts.at(-1), valueIn(samples, `${name}_count`, labels));
    t.ok(counts.at(-1)! > 0, `${name} counted`);
    const longest = valueIn(samples, name.replace('_seconds', '_max_seconds'), labels)!;
    t.ok(valueIn(samples, `${name}_sum`, labels)! <= counts.at(-1)! * longest * 1.001);
  }
  const blocks = (name: string) => valueIn(samples, name, task)!;
  t.equal(blocks('audiocloud_task_blocks_total'), blocks('audiocloud_task_block_seconds_count'));
});

t.test('live sessions are counted while they are open', async (t) => {
  const sessions = async () =>
    (await read()).samples.find(({ name }) => name === 'audiocloud_domain_live_sessions')?.value;
  const before = await sessions();
  const live = await domain.live('sounding');
  await live.ack({ type: 'ping' });
  t.equal(await sessions(), before! + 1);
  live.close();
  for (let i = 0; i < 100 && (await sessions()) !== before; i++) await sleep(20);
  t.equal(await sessions(), before);
});

t.test('counters of an engine as JSON; another engine is unknown', async (t) => {
  const { status, body } = await domain.call('GET', '/v1/engines/embedded/counters');
  t.equal(status, 200);
  t.ok('sounding' in body.tasks);
  await domain.refused('ENGINE_UNKNOWN', 'GET', '/v1/engines/other/counters');
});
