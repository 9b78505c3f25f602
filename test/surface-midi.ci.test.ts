import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { AudioCloudClient } from '@audiocloud/client';
import t from 'tap';
import { parse } from 'yaml';
import { RunningCommand, runCommand } from '../cli/testing/run-command.ts';
import { startTestDomain } from '../domain/testing/test-domain.ts';
import { jackMidi, type MidiMessage, noJackMidi } from './jack-midi.ts';
import { until } from './until.ts';

const NAME = 'Fader Desk 5';
const TOUCH = 104;

t.test('a motor fader on a MIDI port', { skip: noJackMidi, timeout: 300_000 }, async (t) => {
  const jack = await jackMidi();
  let device = jack.plugIn(NAME);
  const domain = await startTestDomain(t);
  await domain.create('desk');
  const client = new AudioCloudClient(domain.url);
  const folder = mkdtempSync(join(tmpdir(), 'surface-'));
  const map = join(folder, 'desk.yaml');
  const commands: RunningCommand[] = [];
  t.teardown(async () => {
    for (const { child } of commands) child.kill('SIGTERM');
    await Promise.all(commands.map(({ finished }) => finished));
    await device.unplug();
    await jack.end();
    rmSync(folder, { recursive: true });
  });
  const plugins = ['--plugins', jack.adapterFolder];
  const started = (...args: string[]) => {
    const command = new RunningCommand(['surface', ...args, ...plugins, '--task', 'desk', '--url', domain.url]);
    commands.push(command);
    return command;
  };
  const written = ({ written }: RunningCommand, text: string) =>
    until(`it says '${text}'; it said ${JSON.stringify(written)}`, () => written.stdout.includes(text));
  const panNow = async () => (await client.tasks.get('desk')).task.instances?.['gain']?.parameters?.['pan'];
  /** JACK drops what falls into a cycle that a busy machine misses: it is done again until it shows. */
  const again = async (what: string, act: () => Promise<void> | void, isSo: () => Promise<boolean> | boolean) => {
    for (let attempt = 0; attempt < 20; attempt++) {
      await act();
      for (let waited = 0; waited < 2000; waited += 50) {
        if (await isSo()) return;
        await sleep(50);
      }
      t.comment(`${what}: a message was lost`);
    }
    throw new Error(`${what}: not in twenty attempts`);
  };
  const touch = (isOn: boolean) => device.send('noteon', { channel: 0, note: TOUCH, velocity: isOn ? 127 : 0 });
  const moveTo = (value: number) => device.send('pitch', { channel: 0, value });

  await until('it is listed', async () => {
    const { stdout } = await runCommand('surface', 'list', '--json', ...plugins);
    return stdout.includes(`"name":"${NAME}"`);
  });

  const learning = started('learn', map, '--midi', `${NAME}*`, '--to', 'gain.pan');
  await written(learning, 'move a control');
  const move = async () => {
    touch(true);
    for (const value of [1000, 2000, 3000, 4000, 5000]) {
      moveTo(value);
      await sleep(20);
    }
    touch(false);
  };
  await again('learnt', move, () => learning.written.stdout.includes('fader: '));
  t.match(await learning.finished, { code: 0, stderr: '' });
  t.match(parse(readFileSync(map, 'utf8')).bindings, [
    {
      from: { bend: { channel: 1 } },
      touch: { note: { channel: 1, note: TOUCH } },
      to: { instance: 'gain', parameter: 'pan' },
    },
  ]);

  const running = started('run', map);
  /** What the motor was told last. */
  let told: number | undefined;
  let isListening = true;
  const listen = async () => {
    while (isListening) {
      const message: (MidiMessage & { _type: string }) | undefined = await device.next();
      if (message?._type === 'pitch') told = message.value;
    }
  };
  const listening = listen();
  t.teardown(async () => {
    isListening = false;
    await listening;
  });
  const setPan = (value: number) => client.tasks.set('desk', [{ instance: 'gain', parameter: 'pan', value }]);
  await written(running, 'connected to');

  // -1 to 1 is 0 to 16383: what is set elsewhere, and what the motor is told, rounded by hand
  let other = 0.5;
  await again(
    'it follows',
    async () => {
      other = other === 0.5 ? -0.5 : 0.5;
      await setPan(other);
    },
    () => told === (other === 0.5 ? 12287 : 4096),
  );

  await again(
    'it drives, and the last of fast moves counts',
    () => {
      touch(true);
      for (let value = 0; value <= 16383; value += 129) moveTo(value);
      moveTo(16383);
      touch(false);
    },
    async () => (await panNow()) === 1,
  );

  const unplug = async () => {
    const before = running.written.stdout.split('it was unplugged').length;
    await device.unplug();
    await until('it is missed', () => running.written.stdout.split('it was unplugged').length > before);
  };
  for (const [value, position] of [
    [-1, 0],
    [1, 16383],
  ] as const) {
    await unplug();
    await setPan(value);
    let isPlugged = false;
    await again(
      'plugged in again it is told what is',
      async () => {
        if (isPlugged) await unplug();
        isPlugged = true;
        told = undefined;
        device = jack.plugIn(NAME);
      },
      () => told === position,
    );
  }
  running.child.kill('SIGTERM');
  t.match(await running.finished, { code: 0, stderr: '' });
});
