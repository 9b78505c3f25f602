import { AudioCloudError } from '@audiocloud/api';
import t from 'tap';
import { allocateAudio } from '../media/audio-data.ts';
import { loadWat, type WatParts } from './fixtures/wat-plugin.ts';
import { STATUS } from './layout.ts';
import { PluginMemory } from './plugin-memory.ts';
import { RenderTwin } from './render-twin.ts';

const ENDLESS = '(loop $l (br $l))';
const SAMPLE_RATE = 48000;
const sound = allocateAudio(SAMPLE_RATE, 2, 100);

/** Calls one control entry of an instance; `make` and `activate` come before it where it needs them. */
const control: Record<string, (memory: PluginMemory) => unknown> = {
  ac_create: (memory) => memory.create(0),
  ac_parameter: (memory) => memory.parameter(memory.create(0), 0, 0, 0),
  ac_media: (memory) => memory.media(memory.create(0), 0, memory.lent.take(sound), sound),
  ac_activate: (memory) => memory.activate(memory.create(0), SAMPLE_RATE, 64),
  ac_latency: (memory) => memory.latencyFrames(memory.create(0)),
  ac_tail: (memory) => memory.tailFrames(memory.create(0)),
  ac_deactivate: (memory) => memory.deactivate(memory.create(0)),
  ac_destroy: (memory) => memory.destroy(memory.create(0)),
  ac_state_save: (memory) => memory.stateSave(memory.create(0)),
  ac_state_load: (memory) => memory.stateLoad(memory.create(0), Uint8Array.of(1)),
  ac_alloc: (memory) => memory.alloc(16),
  ac_free: (memory) => memory.free(16),
};

function failure(run: () => unknown): { code: string; message: string; trap: unknown } {
  try {
    run();
  } catch (error) {
    if (error instanceof AudioCloudError)
      return { code: error.code, message: error.message, trap: error.details?.['trap'] };
    throw error;
  }
  throw new Error('it should have thrown');
}

/** A plugin active in a memory, with a render twin on this thread. */
function activate(parts: WatParts): { memory: PluginMemory; twin: RenderTwin; layout: number } {
  const plugin = loadWat(parts);
  const memory = new PluginMemory(plugin);
  const twin = new RenderTwin(plugin.module.render, memory.memory, memory.newStack());
  const layout = memory.create(0);
  memory.activate(layout, SAMPLE_RATE, 64);
  return { memory, twin, layout };
}

for (const [entry, call] of Object.entries(control))
  t.test(`an endless loop in ${entry} is cut, named, and leaves the memory usable`, async (t) => {
    const memory = new PluginMemory(loadWat({ start: { [entry]: ENDLESS } }), { controlFuel: 1_000_000 });
    const { code, message, trap } = failure(() => call(memory));
    t.equal(code, 'INSTANCE_FAILED');
    t.equal(trap, 'fuel exhausted');
    t.match(message, new RegExp(`${entry}.*plugin wat: fuel exhausted`));
    if (entry !== 'ac_create') t.ok(memory.create(0) > 0);
  });

t.test('media that a plugin traps at or refuses are named, and the memory goes on', async (t) => {
  for (const [body, wanted, trap] of [
    ['(unreachable)', /ac_media.*plugin wat: unreachable/, 'unreachable'],
    ['(return (i32.const -3))', /ac_media.*plugin wat: it returned -3/, undefined],
  ] as const) {
    const memory = new PluginMemory(loadWat({ start: { ac_media: body } }));
    const found = failure(() => control['ac_media']!(memory));
    t.equal(found.code, 'INSTANCE_FAILED');
    t.match(found.message, wanted);
    t.equal(found.trap, trap);
    t.ok(memory.create(0) > 0);
  }
});

t.test('an endless loop in process, process_many and reset is cut, and the twin goes on', async (t) => {
  const endlessIf = (address: string) => `(if (i32.load8_u offset=116 (${address})) (then ${ENDLESS}))`;
  const { memory, twin, layout } = activate({
    start: {
      ac_process: endlessIf('local.get $at'),
      ac_reset: endlessIf('local.get $at'),
    },
  });
  const list = memory.alloc(16);
  memory.views.u32[list >> 2] = layout;
  const setStuck = (stuck: number) => {
    memory.views.u8[layout + 116] = stuck;
  };
  setStuck(1);
  t.equal(twin.process(layout, 64), STATUS.error);
  t.equal(twin.fault, 'fuel exhausted');
  t.equal(twin.processMany(list, 1, 64), false);
  t.equal(twin.fault, 'fuel exhausted');
  t.equal(twin.reset(layout), false);
  t.equal(twin.fault, 'fuel exhausted');
  setStuck(0);
  t.equal(twin.process(layout, 64), STATUS.continue);
  t.equal(twin.fault, undefined);
  t.ok(twin.processMany(list, 1, 64));
  t.equal(memory.word(layout, 52), STATUS.continue);
  t.ok(twin.reset(layout));
});

t.test('what is not a loop is cut as well', async (t) => {
  const process = (body: string, more = '') => {
    const { twin, layout } = activate({ more, start: { ac_process: body } });
    t.equal(twin.process(layout, 64), STATUS.error, body);
    return twin.fault;
  };
  const recursion = process(
    '(drop (call $down (i32.const 1)))',
    '(func $down (param i32) (result i32) (i32.add (i32.const 1) (call $down (local.get 0))))',
  );
  t.ok(['fuel exhausted', 'recursion too deep'].includes(recursion!), `endless recursion: ${recursion}`);
  const doubling = Array.from(
    { length: 40 },
    (_, i) => `(func $f${i} ${i ? `(call $f${i - 1}) (call $f${i - 1})` : ''})`,
  ).join(' ');
  t.equal(process('(call $f39)', doubling), 'fuel exhausted', 'calls that double 40 times');
  t.equal(
    process('(loop $l (memory.fill (i32.const 4096) (i32.const 0) (i32.const 100000)) (br $l))'),
    'fuel exhausted',
    'fills without end',
  );
  t.equal(
    process('(memory.fill (i32.const 4096) (i32.const 0) (i32.const 0x7fffffff))'),
    'fuel exhausted',
    'one huge fill',
  );
  t.equal(process('(drop (i32.load (i32.const -4)))'), 'out of bounds');
  t.equal(process('(drop (i32.div_s (i32.const 1) (local.tee $frames (i32.const 0))))'), 'division');
  t.equal(process('(unreachable)'), 'unreachable');
  t.equal(process('(call_indirect (type $v) (i32.const 0))', '(type $v (func)) (table 1 funcref)'), 'indirect call');
  const long = `(drop (i32.const 1))${'(nop)'.repeat(200_000)}`;
  t.equal(process(`(loop $l ${long} (br $l))`), 'fuel exhausted', 'long loops pay for their length');
});

t.test('long straight code costs fuel by its length', async (t) => {
  const used = (nops: number) => {
    const { twin, layout } = activate({ start: { ac_process: `(loop ${'(nop)'.repeat(nops)})` } });
    twin.process(layout, 64, 1_000_000);
    return 1_000_000 - twin.fuelLeft;
  };
  t.equal(used(256 * 100) - used(256 * 50), 100, 'once for the function, once for the loop in it');
});

t.test('abort is told from other traps, with its message', async (t) => {
  const memory = new PluginMemory(
    loadWat({
      imports: '(import "env" "abort" (func $abort (param i32 i32 i32 i32)))',
      more: '(data (i32.const 1024) "\\06\\00\\00\\00n\\00o\\00!\\00")',
      start: { ac_create: '(call $abort (i32.const 1028) (i32.const 0) (i32.const 7) (i32.const 3))' },
    }),
  );
  const { trap, message } = failure(() => memory.create(0));
  t.equal(trap, 'abort called');
  t.match(message, /no! at :7:3/);
});

t.test('an address that is a lie does not read outside the memory', async (t) => {
  const imports =
    '(import "env" "abort" (func $abort (param i32 i32 i32 i32))) (import "ac" "log" (func $log (param i32 i32)))';
  for (const address of ['-1', '-4', '0x7fffffff', '131070', '2']) {
    const body = `(call $log (i32.const ${address}) (i32.const -1)) (call $abort (i32.const ${address}) (i32.const ${address}) (i32.const 0) (i32.const 0))`;
    const texts: string[] = [];
    const memory = new PluginMemory(loadWat({ imports, start: { ac_create: body } }), {
      log: (text) => texts.push(text),
    });
    t.equal(failure(() => memory.create(0)).trap, 'abort called');
    t.ok(texts[0]!.length <= 1024);
  }
});

t.test('a layout that is not sound is refused by what is wrong', async (t) => {
  const poke = (offset: number, value: number) => `(i32.store offset=${offset} (local.get $at) (i32.const ${value}))`;
  const after = (parts: WatParts) => {
    const memory = new PluginMemory(loadWat(parts));
    return failure(() => memory.activate(memory.create(0), SAMPLE_RATE, 64)).message;
  };
  // the entry returns early, with a layout poked by hand
  const early = (pokes: string) => `(local.set $at (call $alloc (i32.const 128))) ${pokes} (return (local.get $at))`;
  t.match(after({ start: { ac_create: '(return (i32.const -3))' } }), /it returned -3/);
  t.match(after({ start: { ac_create: '(return (i32.const 0x7ffffff0))' } }), /layout address/);
  t.match(after({ start: { ac_create: early('') } }), /magic/);
  t.match(after({ start: { ac_create: early(poke(0, 0x314c4341) + poke(4, 95)) } }), /95 bytes/);
  t.match(
    after({ start: { ac_create: early(poke(0, 0x314c4341) + poke(4, 96)) } }),
    /0 audio input ports, the model 1/,
  );
  t.match(
    after({ start: { ac_activate: '(return (i32.const -9))' } }),
    /ac_activate of test:through in plugin wat: it returned -9/,
  );
  t.match(after({ start: { ac_activate: '(return (i32.const 0))' } }), /maxFrames is 0/);
  const active = poke(12, 64) + poke(32, 4096) + poke(36, 4096) + poke(40, 8192) + poke(44, 128);
  t.match(after({ start: { ac_activate: `${active} (return (i32.const 0))` } }), /channel 0 of the inputs/);
});

t.test('memory.grow in a trap of control leaves views that reach everything', async (t) => {
  const memory = new PluginMemory(loadWat({}));
  const before = memory.views.u8.length;
  const address = memory.alloc(before);
  t.ok(memory.views.u8.length > before);
  memory.views.u8[address + before - 1] = 1;
  t.equal(memory.views.u8[address + before - 1], 1);
});

t.test('a stack overflow of C is found before it writes, named, and leaves the twin usable', async (t) => {
  // What clang writes for `void down(int n) { char frame[4096]; ...; if (n) down(n - 1); }`, and for a leaf function,
  // which does not move the stack pointer. Byte 112 of the instance says what process does.
  const more = `(global $sp (export "__stack_pointer") (mut i32) (i32.const 65536))
    (func $down (param $n i32) (local $frame i32)
      (global.set $sp (local.tee $frame (i32.sub (global.get $sp) (i32.const 4096))))
      (memory.fill (local.get $frame) (i32.const 7) (i32.const 4096))
      (if (local.get $n) (then (call $down (i32.sub (local.get $n) (i32.const 1)))))
      (global.set $sp (i32.add (local.get $frame) (i32.const 4096))))
    (func $leaf (param $frame i32)
      (i32.store8 (local.tee $frame (i32.sub (global.get $sp) (i32.const 65552))) (i32.const 7)))
    (func $optimised (param $frame i32)
      (i32.store8 (local.tee $frame (i32.add (global.get $sp) (i32.const -65552))) (i32.const 7)))
    (func $huge (param $frame i32)
      (global.set $sp (local.tee $frame (i32.sub (global.get $sp) (i32.const 0x7ffffff0)))))`;
  const process = `(if (i32.lt_u (i32.load offset=112 (local.get $at)) (i32.const 100))
      (then (call $down (i32.load offset=112 (local.get $at)))))
    (if (i32.eq (i32.load offset=112 (local.get $at)) (i32.const 100)) (then (call $leaf (i32.const 0))))
    (if (i32.eq (i32.load offset=112 (local.get $at)) (i32.const 101)) (then (call $optimised (i32.const 0))))
    (if (i32.eq (i32.load offset=112 (local.get $at)) (i32.const 102)) (then (call $huge (i32.const 0))))`;
  const { memory, layout } = activate({
    more,
    memory: '(memory (export "memory") 8 64)',
    start: { ac_process: process },
  });
  memory.alloc(256);
  const stack = memory.newStack();
  const twin = new RenderTwin(memory.plugin.module.render, memory.memory, stack);
  const below = memory.views.u8.subarray(stack.limit - 256, stack.limit);
  const call = (what: number) => {
    memory.setWord(layout, 112, what);
    return twin.process(layout, 64) === STATUS.continue ? 'went well' : twin.fault;
  };
  t.equal(call(15), 'went well', 'the stack is full to its last byte');
  for (const what of [16, 50, 100, 101, 102]) {
    t.equal(call(what), 'stack overflow', `case ${what}`);
    t.notOk(below.includes(7), 'nothing was written below the stack');
    t.equal(call(3), 'went well', 'and the next call goes well');
  }
});
