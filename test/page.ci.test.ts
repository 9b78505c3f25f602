import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Packet, Task } from '@audiocloud/api';
import type { LiveTask } from '@audiocloud/client';
import type { Page } from 'playwright-core';
import t from 'tap';
import { PassageLevel } from './passage-level.ts';
import { noChromium, openPage } from './testing/open-page.ts';
import { until } from './until.ts';
import { withSamples } from './heard-packet.ts';

// The page in a real browser, against the real domain with its engine: what a person does, measured in the stream.

const EXAMPLE = fileURLToPath(new URL('../examples/tasks/example.json', import.meta.url));
const task = JSON.parse(readFileSync(EXAMPLE, 'utf8')) as Task;
const nodes = [task.tracks, task.buses, task.instances, task.sinks].flatMap((part) => Object.entries(part ?? {}));
/** A passage with all instruments, and time before it for filters and compressors to settle after the seek. */
const PASSAGE = { seekSeconds: 2, fromSeconds: 3, toSeconds: 4 };

// `until` polls from outside of the page: its security policy forbids the `eval` that waiting inside would need.
t.test('control page', { skip: noChromium, timeout: 110_000 }, async (t) => {
  const { client, page, complaints, go } = await openPage(t);
  await client.tasks.create(task, 'example');

  let take: ((packet: Packet) => void) | undefined;
  const live = client.live('example', { onPacket: (packet) => take?.(packet) });
  t.teardown(() => live.close());
  await live.ready;
  await live.listen({ format: 'f32' });

  await page.addInitScript(() => {
    const ask = window.requestAnimationFrame.bind(window);
    const counted = Object.assign(window, { framesAsked: 0 });
    window.requestAnimationFrame = (draw) => {
      counted.framesAsked++;
      return ask(draw);
    };
  });
  await go();

  await t.test('shows every node and connection of the task', async (t) => {
    for (const [id] of nodes) await page.locator(`.react-flow__node[data-id="${id}"]`).waitFor();
    t.equal(await page.locator('.react-flow__node').count(), nodes.length);
    // a connection is drawn once the places of its nodes are known
    const connections = Object.keys(task.connections ?? {}).length;
    await until('every connection', async () => (await page.locator('.react-flow__edge').count()) === connections);
    for (const [id, { name }] of nodes)
      t.match(await page.locator(`.react-flow__node[data-id="${id}"]`).textContent(), name ?? id);
  });

  await t.test('asks for no frame of the screen while nothing moves', async (t) => {
    const frames = () => page.evaluate(() => (window as unknown as { framesAsked: number }).framesAsked);
    await until('it rests', async () => {
      const before = await frames();
      await sleep(250); // fifteen frames
      return (await frames()) === before;
    });
    t.ok((await frames()) > 0, 'it was drawn');
  });

  await t.test('plays', async (t) => {
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await until('the task plays', () => live.state.transport?.playing === true);
    await until('the clock runs', async () => (await page.locator('.clock').first().textContent()) !== '0:00.000');
    const meter = page.getByRole('meter', { name: 'main level' }).first();
    await until('the meter moves', async () =>
      /^-?\d+\.\d dB$/.test((await meter.getAttribute('aria-valuetext')) ?? ''),
    );
    t.pass();
  });

  await t.test('shows the load and the missed blocks', async (t) => {
    const note = page.locator('.load-note');
    await until('they come', async () => /^Load \d+ %\d+ missed$/.test((await note.textContent()) ?? ''));
    t.match(await note.getAttribute('title'), /render \d/);
  });

  await page.locator('.react-flow__node[data-id="master"]').click();
  const knob = page.getByRole('slider', { name: 'Master Gain', exact: true });

  await t.test('a knob turned by 6 dB changes the measured stream by 6 dB', async (t) => {
    const before = await passageDb(live, (push) => (take = push));
    const startDb = Number(live.values('master', 'gain')[0]);
    await knob.focus();
    for (let press = 0; press < 12; press++) await page.keyboard.press('ArrowDown');
    t.equal(await knob.getAttribute('aria-valuetext'), `${(startDb - 6).toFixed(1)} dB`);
    await until('the value arrives', () => live.values('master', 'gain')[0] === startDb - 6);
    const after = await passageDb(live, (push) => (take = push));
    t.ok(before > -40, `there is sound to measure: ${before.toFixed(2)} dB`);
    t.ok(Math.abs(after - before + 6) < 0.1, `the stream went by ${(after - before).toFixed(3)} dB`);
  });

  await t.test('a value typed, dragged, reset', async (t) => {
    await knob.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.type('-4.2 dB');
    await page.keyboard.press('Enter');
    await until('what was typed arrives', () => live.values('master', 'gain')[0] === -4.2);
    await drag(page, knob, -30);
    const dragged = Number(await knob.getAttribute('aria-valuenow'));
    t.ok(dragged > -4.2);
    await until('the last value of the drag arrives', () => live.values('master', 'gain')[0] === dragged);
    await knob.dblclick();
    await until('a double click brings the default', () => live.values('master', 'gain')[0] === 0);
  });

  await t.test("another client's change moves the knob, the switch and the loop button", async () => {
    await live.set({ instance: 'master', parameter: 'gain', value: -12.5 });
    await until('the knob follows', async () => (await knob.getAttribute('aria-valuenow')) === '-12.5');
    await live.set({ instance: 'master', parameter: 'mute', value: true });
    const mute = page.getByRole('switch', { name: 'Master Mute' });
    await until('the switch follows', async () => (await mute.getAttribute('aria-checked')) === 'true');
    await mute.click();
    await until('the switch acts', () => live.values('master', 'mute')[0] === false);
    const loop = page.getByRole('button', { name: 'Loop', exact: true });
    await live.transport({ loop: null });
    await until('the button follows', async () => (await loop.getAttribute('aria-pressed')) === 'false');
    await loop.click();
    await until(
      'the button brings the loop back',
      () => live.state.transport?.loop?.endSeconds === task.loop?.endSeconds,
    );
  });

  await t.test('a value of one band of the equalizer', async () => {
    await page.locator('.react-flow__node[data-id="master-eq"]').click();
    const band = page.getByRole('slider', { name: 'Master EQ Frequency 2', exact: true });
    await band.focus();
    await page.keyboard.type('1.25k');
    await page.keyboard.press('Enter');
    await until('the band arrives', () => live.values('master-eq', 'frequency')[1] === 1250);
  });

  await t.test('a preset of the model is recalled, and what is there is saved as another', async (t) => {
    const choice = page.getByRole('combobox', { name: 'Master EQ preset', exact: true });
    await choice.selectOption({ label: 'Telephone' });
    await until('the preset arrives', () => live.values('master-eq', 'frequency')[0] === 300);
    await page.getByRole('button', { name: 'Save as preset' }).click();
    await page.keyboard.type('Mine');
    await page.keyboard.press('Enter');
    await until('it is stored', async () => (await client.presets.list('audiocloud:equalizer')).length === 1);
    await live.set({ instance: 'master-eq', parameter: 'frequency', index: 0, value: 100 });
    await choice.focus();
    await choice.locator('option', { hasText: 'Mine' }).waitFor({ state: 'attached' });
    await page.getByRole('combobox', { name: 'Master EQ morph time', exact: true }).selectOption('1');
    await choice.selectOption({ label: 'Mine' });
    await until('the morph arrives', () => live.values('master-eq', 'frequency')[0] === 300);
    t.pass();
  });

  await t.test('an edit of another client changes the graph', async (t) => {
    await live.edit([{ op: 'put', part: 'buses', name: 'spare', value: { name: 'Spare bus', inputChannels: 2 } }]);
    await page.locator('.react-flow__node[data-id="spare"]').waitFor();
    await live.edit([{ op: 'remove', part: 'buses', name: 'spare' }]);
    await page.locator('.react-flow__node[data-id="spare"]').waitFor({ state: 'detached' });
    t.pass();
  });

  await t.test('listens', async (t) => {
    const button = page.locator('.listen-button');
    const count = async (name: string) => Number(await button.getAttribute(`data-${name}`));
    await button.click();
    await until('half a second of sound is heard', async () => (await count('heard-frames')) > 24_000);
    await page.getByRole('button', { name: 'How to listen' }).click();
    const quality = page.getByRole('combobox', { name: 'Quality' });
    for (const format of ['opus-64', 'flac16', 's16']) {
      await quality.selectOption(format);
      await until(`sound comes in ${format}`, async () => {
        const facts = await page
          .locator('.listen-facts')
          .textContent({ timeout: 1000 })
          .catch(() => '');
        return facts!.startsWith(`${format.split('-')[0]}`) && (await count('heard-frames')) > 12_000;
      });
    }
    await page.getByRole('button', { name: 'How to listen' }).click();
    await button.click();
    await until('it ends', async () => (await button.getAttribute('aria-pressed')) === 'false');
  });

  await t.test('fits a phone', async (t) => {
    await page.setViewportSize({ width: 390, height: 844 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    t.equal(width, 390, 'nothing sticks out');
  });

  t.same(complaints, [], 'no error, no warning, no violation of the security policy');
});

/** Mean square in dB of the same second of the music. */
async function passageDb(live: LiveTask, listen: (push: (packet: Packet) => void) => void): Promise<number> {
  const { seekSeconds, fromSeconds, toSeconds } = PASSAGE;
  const passage = new PassageLevel(fromSeconds * task.sampleRate, toSeconds * task.sampleRate);
  await live.transport({ positionSeconds: seekSeconds });
  listen((packet) => passage.push(withSamples(packet)));
  return passage.levelDb;
}

async function drag(page: Page, knob: ReturnType<Page['getByRole']>, pixels: number): Promise<void> {
  const box = (await knob.boundingBox())!;
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  await page.mouse.move(x, y + pixels, { steps: 10 });
  await page.mouse.up();
}
