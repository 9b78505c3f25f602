import { fork } from 'node:child_process';
import { on } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { AMP, ampValues, LINES } from '../engine/adapter/safety/testing/amp-drivers.ts';
import { WatchedAmp } from '../engine/adapter/safety/testing/watched-amp.ts';
import type { AmpSet } from '../engine/adapter/testing/amp-rack-process.ts';
import { noPty, type PtyCable, ptyCable } from './pty-cable.ts';

const PROCESS = join(import.meta.dirname, '../engine/adapter/testing/amp-rack-process.ts');
/** Safe within so long of a kill, as the issue wants it. */
const SAFE_WITHIN_MS = 5000;

/** The amplifier at the far end of a serial port: answers each line, and notes what harms it. */
async function ampOn(cable: PtyCable, amp: WatchedAmp, lines: string[]): Promise<never> {
  for (let line = ''; ; line = '') {
    while (!line.endsWith('\n')) line += await cable.read(1);
    lines.push(line.trim());
    amp.take(ampValues(Buffer.from(line, 'latin1')), performance.now());
    cable.write('OK\n');
  }
}

/** A killable process with the rack, the process of the serial adapter below it, and a real serial port. */
async function powered(t: Test) {
  const folder = await mkdtemp(join(tmpdir(), 'audiocloud-safety-'));
  const manifest = { kind: 'device', models: ['model.json'], drivers: ['driver.json'] };
  for (const [name, value] of Object.entries({ audiocloud: manifest, model: AMP, driver: LINES }))
    await writeFile(join(folder, `${name}.json`), JSON.stringify(value));
  const cable = await ptyCable(folder);
  const amp = new WatchedAmp();
  const lines: string[] = [];
  void ampOn(cable, amp, lines);
  const rack = fork(PROCESS, [folder, cable.path]);
  t.teardown(async () => {
    rack.kill('SIGKILL');
    await cable.unplug();
    await rm(folder, { recursive: true });
  });
  // Messages wait there until they are looked at.
  const messages = on(rack, 'message');
  const told = async <T>(wanted: (message: Told) => T): Promise<T> => {
    for (;;) {
      const found = wanted((await messages.next()).value![0]);
      if (found) return found;
    }
  };
  const pid = await told(({ state, pid }) => state === 'ready' && pid);
  const set = async (...value: AmpSet) => {
    rack.send(value);
    return told(({ outcome }) => outcome);
  };
  t.equal(await set('phantom', 0, true), 'VALUE_INTERLOCKED', 'mains before phantom');
  t.equal(await set('mains', 0, true), 'sent');
  t.equal(await set('phantom', 0, true), 'sent', 'it waits for the mains');
  t.equal(await set('mute', 0, false), 'sent', 'it waits for the warm-up');
  t.equal(await set('mains', 0, false), 'VALUE_INTERLOCKED', 'phantom off before mains');
  t.match(amp.values, { mains: true, 'phantom 0': true, mute: false });
  return { rack, amp, lines, told, pid: Number(pid) };
}

interface Told {
  state?: string;
  pid?: number;
  outcome?: string;
}

t.test('its engine killed, an amplifier is switched off in the order of its rules', { skip: noPty }, async (t) => {
  const { rack, amp, lines } = await powered(t);
  const from = lines.length;
  rack.kill('SIGKILL');
  const killedMs = performance.now();
  while (!amp.isSafe) await pause(10);
  t.ok(performance.now() - killedMs < SAFE_WITHIN_MS, `safe after ${Math.round(performance.now() - killedMs)} ms`);
  const off = lines.slice(from).filter((line) => line === 'phantom 0 0' || line === 'mains 0');
  t.same(off, ['phantom 0 0', 'mains 0']);
  t.same(amp.harms, []);
});

t.test('its adapter process killed, another one goes on by the rules', { skip: noPty }, async (t) => {
  const { amp, told, pid } = await powered(t);
  process.kill(pid, 'SIGKILL');
  await told(({ state }) => state === 'faulty');
  const next = await told((message) => message.state === 'ready' && message.pid);
  t.not(next, pid);
  t.match(amp.values, { mains: true, 'phantom 0': true, mute: false }, 'as it was');
  t.same(amp.harms, []);
});
