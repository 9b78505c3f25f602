import { type AdapterPort, AudioCloudError, type Driver } from '@audiocloud/api';
import t from 'tap';
import { DeviceSession } from './device-session.ts';
import type { DecodedReport } from './report-decoder.ts';
import { boxModel } from './testing/box-model.ts';

const MODEL = boxModel({
  parameters: [
    { id: 'gain', name: 'Gain', unit: 'none', range: { kind: 'stepped', min: 0, max: 9, step: 1 }, default: 1 },
    { id: 'pan', name: 'Pan', unit: 'none', range: { kind: 'stepped', min: 0, max: 9, step: 1 }, default: 2 },
  ],
  reports: [{ id: 'level', name: 'Level', unit: 'none', range: { kind: 'continuous', min: 0, max: 99 } }],
});
const LINES: Driver = {
  model: 'acme:box',
  adapter: 'serial',
  port: { name: 'Box' },
  parameters: { gain: { line: 'G{value}\n' }, pan: { line: 'P{value}\n' } },
  reports: { level: { line: 'L{value}' } },
};

/** A device at the other end of the port: it answers what is written by what `answer` says, and remembers all. */
function device(driver: Driver, answer: (text: string) => string | undefined, model = MODEL) {
  const written: string[] = [];
  const reports: DecodedReport[] = [];
  const lost = Promise.withResolvers<string>();
  let say: (bytes: Uint8Array) => void = () => {};
  const port: AdapterPort = {
    async write(bytes) {
      const text = Buffer.from(bytes).toString('latin1');
      written.push(text);
      const reply = answer(text);
      if (reply !== undefined) setImmediate(() => say(Buffer.from(reply, 'latin1')));
    },
    onData: (callback) => {
      say = callback;
    },
    onClose: () => {},
    close: async () => {},
  };
  const values = model.parameters.map((one) => [one.default].flat());
  const spec = { id: 'acme:box:one', model, driver, values };
  const session = new DeviceSession(spec, port, {
    onReports: (more) => reports.push(...more),
    onLost: lost.resolve,
  });
  t.teardown(() => session.end(new Error('the test is over')));
  return { session, written, reports, lost: lost.promise, say: (text: string) => say(Buffer.from(text, 'latin1')) };
}

t.test('the next write waits for the answer to the one before', async (t) => {
  const waits: Driver = { ...LINES, await: { line: 'OK', withinMs: 60_000 } };
  const box = device(waits, () => undefined);
  const started = box.session.start();
  await new Promise(setImmediate);
  t.same(box.written, ['G1\n'], 'nothing more before the answer');
  box.say('L5\nO');
  t.same(box.reports, [{ report: 'level', index: 0, value: 5 }], 'a report is no answer');
  t.same(box.written, ['G1\n']);
  box.say('K\n');
  await new Promise(setImmediate);
  t.same(box.written, ['G1\n', 'P2\n']);
  box.say('OK\n');
  await started;
  t.equal(box.session.garbage, 0);
});

t.test(
  'what must be safe passes all that waits, which fails with the cause; what is with the device ends',
  async (t) => {
    let isSlow = false;
    const box = device({ ...LINES, await: { line: 'OK', withinMs: 60_000 } }, () => (isSlow ? undefined : 'OK\n'));
    await box.session.start();
    isSlow = true;
    const under = box.session.set(0, 0, 5);
    const waits = t.rejects(box.session.set(1, 0, 7), { message: 'the lease is over' });
    await new Promise(setImmediate);
    box.session.giveUp(new Error('the lease is over'));
    const safe = box.session.setSafe(0, 0, 0);
    isSlow = false;
    box.say('OK\n');
    t.same(await Promise.all([under, safe]), ['sent', 'sent']);
    await waits;
    t.same(box.written, ['G1\n', 'P2\n', 'G5\n', 'G0\n']);
  },
);

t.test('a value that never was with the device holds up no safe value', async (t) => {
  const toggle = { name: 'Power', unit: 'toggle' as const, range: { kind: 'toggle' as const }, default: false };
  const model = { ...MODEL, parameters: [...MODEL.parameters, { id: 'power', ...toggle }] };
  const power = { line: 'W{value}\n', map: 'index' as const };
  let isSlow = false;
  const box = device(
    {
      ...LINES,
      parameters: { ...LINES.parameters, power },
      stays: { power: { onMs: 60_000 } },
      await: { line: 'OK', withinMs: 60_000 },
    },
    () => (isSlow ? undefined : 'OK\n'),
    model,
  );
  await box.session.start();
  isSlow = true;
  const under = box.session.set(0, 0, 5);
  const waits = t.rejects(box.session.set(2, 0, true), { message: 'the lease is over' });
  await new Promise(setImmediate);
  box.session.giveUp(new Error('the lease is over'));
  const safe = box.session.setSafe(2, 0, false);
  isSlow = false;
  box.say('OK\n');
  await Promise.all([under, waits, safe]);
  t.same(box.written, ['G1\n', 'P2\n', 'W0\n', 'G5\n', 'W0\n']);
});

t.test('a refused value fails alone', async (t) => {
  const refuses: Driver = { ...LINES, await: { line: 'OK', refused: 'ERR {skip}', withinMs: 60_000 } };
  const box = device(refuses, (text) => (text === 'G9\n' ? 'ERR 7\n' : 'OK\n'));
  await box.session.start();
  await t.rejects(box.session.set(0, 0, 9), { code: 'VALUE_REFUSED', message: /refused/ });
  await box.session.set(1, 0, 3);
  t.same(box.written, ['G1\n', 'P2\n', 'G9\n', 'P3\n']);
  t.equal(box.session.garbage, 0);
});

t.test('bytes that the bus cannot carry fail alone', async (t) => {
  const box = device(LINES, (text) => {
    if (text === 'G9\n') throw new AudioCloudError('DRIVER_INVALID', 'Cannot send the line: it has a 9');
    return undefined;
  });
  await box.session.start();
  await t.rejects(box.session.set(0, 0, 9), { code: 'DRIVER_INVALID', message: /it has a 9/ });
  await box.session.set(1, 0, 3);
  t.same(box.written, ['G1\n', 'P2\n', 'G9\n', 'P3\n']);
});

t.test('a write that fails ends the session', async (t) => {
  const box = device(LINES, (text) => {
    if (text === 'G9\n') throw new AudioCloudError('ADAPTER_FAILED', 'Cannot write: the cable is out');
    return undefined;
  });
  await box.session.start();
  await t.rejects(box.session.set(0, 0, 9), { code: 'ADAPTER_FAILED' });
  t.match(await box.lost, /the cable is out/);
  await t.rejects(box.session.set(1, 0, 3), { code: 'ADAPTER_FAILED' });
});

t.test('a device that does not answer in time is lost', async (t) => {
  const box = device({ ...LINES, await: { line: 'OK', withinMs: 10 } }, () => undefined);
  await t.rejects(box.session.start(), { code: 'ADAPTER_FAILED', message: /no answer within 10 ms/ });
  t.match(await box.lost, /no answer/);
});

t.test('the end of a session refuses at once what is under way, in the words of the end', async (t) => {
  const waits: Driver = { ...LINES, await: { line: 'OK', withinMs: 60_000 } };
  const box = device(waits, (text) => (text === 'G9\n' ? undefined : 'OK\n'));
  await box.session.start();
  const told: string[] = [];
  const tell = (error: Error) => told.push(error.message);
  box.session.set(0, 0, 9).catch(tell);
  await new Promise(setImmediate);
  t.equal(box.written.at(-1), 'G9\n', 'it is with the device');
  box.session.set(1, 0, 5).catch(tell);
  await box.session.end(new Error('the cable is out'));
  await new Promise(setImmediate);
  t.same(told, ['the cable is out', 'the cable is out']);
});

t.test('a session that ends does not read on', async (t) => {
  const pages: Driver = {
    ...LINES,
    adapter: 'usb-hid',
    pages: { state: { size: 3, use: 'both', header: [0x41], base: { ask: [0x3f], withinMs: 60_000 } } },
    parameters: { gain: { page: { in: 'state', at: 1 } }, pan: { page: { in: 'state', at: 2 } } },
    reports: {},
  };
  const box = device(pages, () => undefined, { ...MODEL, reports: [] });
  const told: string[] = [];
  box.session.start().catch((error) => told.push(error.message));
  await new Promise(setImmediate);
  await box.session.end(new Error('the cable is out'));
  await new Promise(setImmediate);
  t.same(told, ['the cable is out']);
});

t.test('polls are sent again and again, and their answers are reports', async (t) => {
  const asked: Driver = {
    ...LINES,
    polling: [{ everyMs: 20, line: 'L?\n', await: { line: 'L{skip}', withinMs: 60_000 } }],
  };
  const third = Promise.withResolvers<void>();
  let polls = 0;
  const box = device(asked, (text) => {
    if (text !== 'L?\n') return undefined;
    if (++polls === 3) third.resolve();
    return `L${polls}\n`;
  });
  await box.session.start();
  await third.promise;
  t.same(box.written.slice(0, 4), ['G1\n', 'P2\n', 'L?\n', 'L?\n']);
  t.same(box.reports.slice(0, 2), [
    { report: 'level', index: 0, value: 1 },
    { report: 'level', index: 0, value: 2 },
  ]);
});

t.test('a device that spoke and falls silent is lost, where the driver says so', async (t) => {
  const box = device({ ...LINES, lostAfterMs: 100 }, () => undefined);
  await box.session.start();
  box.say('L1\n');
  t.equal(await box.lost, 'it has been silent for 100 ms');
});

t.test('read, modify, write: what no parameter owns stays as the device has it', async (t) => {
  const pages: Driver = {
    ...LINES,
    adapter: 'usb-hid',
    pages: { state: { size: 4, use: 'both', header: [0x41], base: { ask: [0x3f], withinMs: 60_000 } } },
    parameters: {
      gain: { page: { in: 'state', at: 1 } },
      pan: { page: { in: 'state', bits: [{ byte: 2, from: 3, to: 0 }] } },
    },
    reports: { level: { page: { in: 'state', at: 3 } } },
  };
  const box = device(pages, (text) => (text === '?' ? 'A\x07\x60\x2a' : undefined));
  const early = box.session.set(0, 0, 4);
  await box.session.start();
  t.equal(box.written[0], '?', 'a value that came early waits for the rest of its page');
  await early;
  t.equal(box.written.at(-1), 'A\x04\x62\x2a');
  await box.session.set(1, 0, 5);
  t.equal(box.written.at(-1), 'A\x04\x65\x2a');
  t.same(box.reports, [{ report: 'level', index: 0, value: 42 }]);
});

t.test('values of one page are one write; what the device refuses is in no later page', async (t) => {
  const pages: Driver = {
    ...LINES,
    adapter: 'usb-hid',
    pages: {
      state: { size: 3, header: [0x41] },
      ok: { size: 1, use: 'read', header: [0x2b] },
      no: { size: 1, use: 'read', header: [0x2d] },
    },
    await: { page: 'ok', refused: 'no', withinMs: 60_000 },
    parameters: { gain: { page: { in: 'state', at: 1 } }, pan: { page: { in: 'state', at: 2 } } },
    reports: {},
  };
  const model = { ...MODEL, reports: [] };
  const box = device(pages, (text) => (text[1] === '\x09' ? '-' : '+'), model);
  await box.session.start();
  const both = [box.session.set(0, 0, 3), box.session.set(1, 0, 4), box.session.set(1, 0, 5)];
  t.same(await Promise.all(both), ['sent', 'replaced', 'sent']);
  t.same(box.written, ['A\x01\x02', 'A\x03\x02', 'A\x03\x05'], 'the first one did not wait for the others');
  await new Promise(setImmediate);
  const more = [box.session.set(1, 0, 6), box.session.set(0, 0, 4), box.session.set(1, 0, 7)];
  t.same(await Promise.all(more), ['sent', 'sent', 'sent']);
  t.same(box.written.slice(3), ['A\x03\x06', 'A\x04\x07']);
  await t.rejects(box.session.set(0, 0, 9), { code: 'VALUE_REFUSED' });
  t.equal(await box.session.set(1, 0, 8), 'sent');
  t.equal(box.written.at(-1), 'A\x04\x08');
});

t.test('a ramp begins at the safe value that its page held until the rule allowed more', async (t) => {
  const pages: Driver = {
    ...LINES,
    adapter: 'usb-hid',
    pages: { state: { size: 3, header: [0x41] } },
    parameters: { gain: { page: { in: 'state', at: 1 } }, pan: { page: { in: 'state', at: 2 } } },
    reports: {},
    safe: { pan: 0 },
    interlocks: [
      { name: 'gain before pan', before: { parameter: 'pan', atLeast: 1 }, must: { parameter: 'gain', atLeast: 1 } },
    ],
    delivery: { pan: { ramp: { step: 1, everyMs: 1 } } },
  };
  const box = device(pages, () => undefined, { ...MODEL, reports: [] });
  await box.session.start();
  t.same([...new Set(box.written)], ['A\x01\x00', 'A\x01\x01', 'A\x01\x02']);
});
