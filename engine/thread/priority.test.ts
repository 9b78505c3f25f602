import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { Scheduling } from './priority.ts';

/** What the system says of a thread that asked, and what it was told. */
async function asked(wanted: string): Promise<{ got: Scheduling; policy: number; nice: number }> {
  const url = new URL('./priority.ts', import.meta.url).href;
  const code = `
    import(${JSON.stringify(url)}).then(({ raisePriority, threadId }) => {
      const { readFileSync } = require('node:fs');
      const got = raisePriority(50);
      const fields = readFileSync('/proc/self/task/' + threadId() + '/stat', 'utf8').split(') ').pop().split(' ');
      require('node:worker_threads').parentPort.postMessage({ got, nice: Number(fields[16]), policy: Number(fields[38]) });
    });`;
  const worker = new Worker(code, { eval: true, env: { ...process.env, AUDIOCLOUD_SCHEDULING: wanted } });
  return new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
}
const hasProc = ((): boolean => {
  try {
    return readFileSync('/proc/self/stat').length > 0;
  } catch {
    return false;
  }
})();

t.test('a thread gets the scheduling that it is told it got', { skip: hasProc ? false : 'no /proc' }, async (t) => {
  const FIFO = 1; // SCHED_FIFO of sched(7)
  for (const wanted of ['fifo', 'nice', 'none']) {
    const { got, policy, nice } = await asked(wanted);
    t.equal(got === 'fifo', policy === FIFO, `${wanted}: told ${got}, policy ${policy}`);
    t.equal(got === 'nice', policy !== FIFO && nice === -11, `${wanted}: told ${got}, nice ${nice}`);
    if (wanted !== 'fifo') t.not(got, 'fifo', `${wanted} goes no further`);
    if (wanted === 'none') t.equal(got, 'none');
  }
});

t.test('what a raised thread starts is an ordinary thread again', { skip: hasProc ? false : 'no /proc' }, async (t) => {
  const url = new URL('./priority.ts', import.meta.url).href;
  const inner = `
    import(${JSON.stringify(url)}).then(({ threadId }) => {
      const { readFileSync } = require('node:fs');
      const fields = readFileSync('/proc/self/task/' + threadId() + '/stat', 'utf8').split(') ').pop().split(' ');
      require('node:worker_threads').parentPort.postMessage(Number(fields[38]));
    });`;
  const outer = `
    const { Worker, parentPort } = require('node:worker_threads');
    import(${JSON.stringify(url)}).then(({ raisePriority }) => {
      const got = raisePriority(50);
      new Worker(${JSON.stringify(inner)}, { eval: true }).once('message', (policy) => parentPort.postMessage({ got, policy }));
    });`;
  const worker = new Worker(outer, { eval: true });
  const { got, policy } = await new Promise<{ got: Scheduling; policy: number }>((resolve, reject) =>
    worker.once('message', resolve).once('error', reject),
  );
  t.equal(policy, 0, `a thread that got ${got} starts one of policy ${policy}`);
});
