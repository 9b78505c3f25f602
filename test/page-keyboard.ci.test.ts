import type { Task } from '@audiocloud/api';
import t from 'tap';
import { keysPackage } from './testing/keys-package.ts';
import { noChromium, openPage } from './testing/open-page.ts';
import { fitSine } from './sine-fit.ts';
import { until } from './until.ts';
import { type HeardPacket, withSamples } from './heard-packet.ts';

// The keyboard of the page in a real browser, heard in the stream of an instrument that says what it was sent.

const note = (seconds: number, key: number) => ({ seconds, lengthSeconds: 1, note: key });
const task: Task = {
  sampleRate: 48000,
  media: { bass: { path: 'bass.flac' }, drums: { path: 'drums.flac' } },
  instances: {
    synth: { model: 'test:keys', name: 'Synth' },
    gain: { model: 'audiocloud:gain', widths: { in: 4, out: 4 } },
    piano: {
      model: 'audiocloud:synth',
      name: 'Piano',
      parameters: { wave1: 'sine', cutoff: 20000, sustain: 100, velocityLevel: 0, release: 20 },
    },
  },
  connections: {
    piano: { from: { node: 'piano' }, to: { node: 'sound' } },
    a: { from: { node: 'synth' }, to: { node: 'gain' } },
    b: { from: { node: 'gain' }, to: { node: 'main' } },
  },
  sinks: { main: { kind: 'stream', channels: 4 }, sound: { kind: 'stream', channels: 2 } },
  notes: { melody: { instance: 'synth', notes: [note(3600, 60), note(3601, 64), note(3602, 67)] } },
};
const SUSTAIN_DOWN = 0xb0 | (64 << 8) | (127 << 16);
const SUSTAIN_UP = 0xb0 | (64 << 8);

t.test('keyboard of the page', { skip: noChromium, timeout: 110_000 }, async (t) => {
  const { client, page, complaints, go } = await openPage(t, { plugins: [await keysPackage(t)] });
  await client.tasks.create(task, 'keys');
  let latest: HeardPacket | undefined;
  const live = client.live('keys', { onPacket: (packet) => (latest = withSamples(packet)) });
  t.teardown(() => live.close());
  await live.ready;
  await live.listen({ format: 'f32' });
  /** The last frame that came: velocities on both midi inputs, and the last message of another kind. */
  const heard = () => {
    const [keys = 0, pads = 0, message = 0] = latest ? latest.samples.slice(-latest.channels) : [];
    return { keys: keys * 1024, pads: pads * 1024, message: message * 2 ** 24 };
  };
  const isHeard = (what: string, wanted: Partial<ReturnType<typeof heard>>) =>
    until(what, () => Object.entries(wanted).every(([name, value]) => heard()[name as 'keys'] === value));

  // stands for a MIDI keyboard: the browser of a test has none
  await page.addInitScript(() => {
    const input = Object.assign(new EventTarget(), { id: 'one', name: 'Small keys', state: 'connected' });
    const access = Object.assign(new EventTarget(), { inputs: new Map([['one', input]]) });
    Object.assign(navigator, { requestMIDIAccess: async () => access });
    Object.assign(window, {
      playMidi: (...bytes: number[]) =>
        input.dispatchEvent(Object.assign(new Event('midimessage'), { data: Uint8Array.from(bytes) })),
      unplug: () => {
        input.state = 'disconnected';
        access.dispatchEvent(new Event('statechange'));
      },
    });
  });
  await go();
  await page.locator('.react-flow__node[data-id="synth"]').click();
  const keyboard = page.getByRole('region', { name: 'Keyboard of Synth' });
  const key = (name: string) => keyboard.getByRole('img', { name, exact: true });
  const isDown = async (name: string) => (await key(name).getAttribute('class'))!.includes('down');
  await keyboard.getByText('Heard while the task plays').waitFor();
  await page.getByRole('button', { name: 'Play', exact: true }).click();
  await keyboard.getByText('Heard while the task plays').waitFor({ state: 'detached' });

  await t.test('keys of the computer play notes, as long as they are held', async (t) => {
    await page.keyboard.down('a');
    await isHeard('C', { keys: 100 });
    t.ok(await isDown('C4'));
    await page.keyboard.down('d');
    await page.keyboard.down('g');
    await isHeard('a chord', { keys: 300 });
    await page.keyboard.up('d');
    await isHeard('two of it', { keys: 200 });
    t.same([await isDown('C4'), await isDown('E4'), await isDown('G4')], [true, false, true]);
    await page.keyboard.press('x');
    t.equal(await keyboard.getByLabel('Octave').textContent(), 'C5');
    for (const letter of ['a', 'g']) await page.keyboard.up(letter);
    await isHeard('silence, also after another octave', { keys: 0 });
    await page.keyboard.press('z');
  });

  await t.test('the mouse plays: louder near the lower edge, and over several keys', async (t) => {
    const at = async (name: string, place: number) => {
      const { x, y, width, height } = (await key(name).boundingBox())!;
      await page.mouse.move(x + width / 2, y + height * place);
    };
    await at('E4', 0.99);
    await page.mouse.down();
    await until('a loud note', () => heard().keys >= 124);
    await at('F4', 0.7);
    await until('a softer one instead of it', () => heard().keys >= 90 && heard().keys <= 100);
    t.same([await isDown('E4'), await isDown('F4')], [false, true]);
    await at('F♯4', 0.1);
    await until('a black key', () => heard().keys >= 20 && heard().keys <= 40);
    await page.mouse.up();
    await isHeard('silence', { keys: 0 });
  });

  await t.test('fingers play chords, and a touch that is taken away ends', async (t) => {
    const points = await Promise.all(
      ['C4', 'E4', 'G4'].map(async (name, id) => {
        const { x, y, width, height } = (await key(name).boundingBox())!;
        return { x: x + width / 2, y: y + height * 0.9, id };
      }),
    );
    const touch = await page.context().newCDPSession(page);
    await touch.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 });
    await touch.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: points });
    await until('three keys', async () => (await keyboard.locator('.key.down').count()) === 3 && heard().keys > 300);
    await touch.send('Input.dispatchTouchEvent', { type: 'touchCancel', touchPoints: [] });
    await isHeard('silence', { keys: 0 });
    t.equal(await keyboard.locator('.key.down').count(), 0);
  });

  await t.test('sustain; and all is let go when the page is left', async (t) => {
    const sustain = keyboard.getByRole('button', { name: 'Sustain' });
    await sustain.click();
    await isHeard('the pedal', { message: SUSTAIN_DOWN });
    await page.keyboard.down('a');
    await isHeard('a note', { keys: 100 });
    await page.evaluate(() => window.dispatchEvent(new Event('blur')));
    await isHeard('nothing any more', { keys: 0, message: SUSTAIN_UP });
    await page.keyboard.up('a');
    t.equal(await sustain.getAttribute('aria-pressed'), 'false');
  });

  await t.test('who types a name plays nothing', async (t) => {
    await page.getByRole('button', { name: 'Save as preset' }).click();
    await page.keyboard.down('a');
    await page.keyboard.down('d');
    t.equal(await keyboard.locator('.key.down').count(), 0);
    for (const letter of ['a', 'd']) await page.keyboard.up(letter);
    t.equal(await page.getByLabel('Name of the preset').inputValue(), 'ad');
    await page.keyboard.press('Escape');
  });

  await t.test('another midi input of the instance', async () => {
    await keyboard.getByRole('combobox', { name: 'Synth midi input' }).selectOption('pads');
    await page.locator('.identity').click();
    await page.keyboard.down('a');
    await isHeard('it there', { keys: 0, pads: 100 });
    await page.keyboard.up('a');
    await isHeard('silence', { pads: 0 });
    await keyboard.getByRole('combobox', { name: 'Synth midi input' }).selectOption('keys');
  });

  await t.test('a MIDI keyboard plays; unplugged, it leaves nothing behind', async () => {
    type Midi = { playMidi(...bytes: number[]): void; unplug(): void };
    await keyboard.getByRole('button', { name: 'MIDI keyboard…' }).click();
    await keyboard.getByRole('combobox', { name: 'Synth MIDI keyboard' }).selectOption({ label: 'Small keys' });
    await page.evaluate(() => {
      const { playMidi } = window as unknown as Midi;
      playMidi(0xf8);
      playMidi(0x93, 40, 7);
      playMidi(0xb3, 64, 127);
    });
    await isHeard('it', { keys: 7, message: SUSTAIN_DOWN | 3 });
    await page.evaluate(() => (window as unknown as Midi).unplug());
    await isHeard('nothing of it', { keys: 0, message: SUSTAIN_UP | 3 });
  });

  await t.test('media of the task is put into a slot, and taken out', async (t) => {
    const slot = page.getByRole('combobox', { name: 'Synth Sample', exact: true });
    t.same(await slot.locator('option').allTextContents(), ['Nothing', 'bass', 'drums']);
    await slot.selectOption('bass');
    await until('it is in the task', () => live.task.instances!['synth']!.media?.['sample'] === 'bass');
    await until('it is heard', () => (latest?.samples.at(-1) ?? 0) > 0);
    await until('the page shows it', async () => (await slot.inputValue()) === 'bass');
    await slot.selectOption('Nothing');
    await until('it is out again', () => live.task.instances!['synth']!.media === undefined);
  });

  await t.test('notes along the timeline are drawn', async (t) => {
    const roll = page.getByRole('img', { name: 'Notes of Synth: 3, C4 to G4' });
    await roll.waitFor();
    /** Rows of the picture in which something is drawn, from its right end. */
    const rows = await roll.locator('canvas').evaluate((canvas: HTMLCanvasElement) => {
      const { data, width, height } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      return Array.from({ length: height }, (_, y) => y).filter((y) =>
        Array.from({ length: 8 }, (_, x) => data[4 * (y * width + width - 1 - x) + 3]!).some((alpha) => alpha > 0),
      ).length;
    });
    t.ok(rows > 6, `${rows} rows`);
    await live.edit([{ op: 'remove', part: 'notes', name: 'melody' }]);
    await roll.waitFor({ state: 'detached' });
  });

  await t.test('the sound of a synthesizer has the pitch of the key', async (t) => {
    await page.locator('.react-flow__node[data-id="piano"]').click();
    await page.getByRole('region', { name: 'Keyboard of Piano' }).waitFor();
    let packets: HeardPacket[] = [];
    const other = client.live('keys', { onPacket: (packet) => packets.push(withSamples(packet)) });
    await other.ready;
    await other.listen({ node: 'sound', format: 'f32' });
    const SETTLED_FRAMES = 9600;
    const FRAMES = 24_000;
    /** The left channel from a moment after now on. */
    const passage = async () => {
      packets = [];
      const frames = () => packets.reduce((sum, { samples, channels }) => sum + samples.length / channels, 0);
      await until('a passage', () => frames() >= SETTLED_FRAMES + FRAMES);
      const left = packets.flatMap(({ samples, channels }) => [...samples].filter((_, i) => i % channels === 0));
      return Float32Array.from(left.slice(SETTLED_FRAMES, SETTLED_FRAMES + FRAMES));
    };
    for (const [octave, hz] of [
      [4, 440],
      [5, 880],
    ] as const) {
      await page.keyboard.down('h');
      const { frequencyHz, amplitude } = fitSine(await passage(), 48000, hz);
      await page.keyboard.up('h');
      t.ok(Math.abs(frequencyHz - hz) < 0.01 && amplitude > 0.05, `A${octave}: ${frequencyHz} Hz at ${amplitude}`);
      await page.keyboard.press('x');
    }
    await page.keyboard.press('z');
    t.ok(
      (await passage()).every((x) => Math.abs(x) < 1e-4),
      'then silence',
    );
    await page.getByRole('button', { name: 'Sustain' }).click();
    await page.keyboard.press('h');
    t.ok(
      (await passage()).some((x) => Math.abs(x) > 0.05),
      'the pedal holds a key that was let go',
    );
    await page.getByRole('button', { name: 'Sustain' }).click();
    t.ok(
      (await passage()).every((x) => Math.abs(x) < 1e-4),
      'until it goes up',
    );
    other.close();
  });

  await t.test('fits a phone; an instance without a midi input has no keyboard', async (t) => {
    await page.setViewportSize({ width: 390, height: 844 });
    t.equal(await page.evaluate(() => document.documentElement.scrollWidth), 390, 'nothing sticks out');
    await page.locator('.react-flow__node[data-id="gain"]').click();
    await keyboard.waitFor({ state: 'detached' });
  });

  t.same(complaints, [], 'no error, no warning, no violation of the security policy');
});
