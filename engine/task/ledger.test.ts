import t from 'tap';
import { Ledger } from './ledger.ts';
import { TaskMemories } from './task-memories.ts';

function ledgerAtHome() {
  const memories = new TaskMemories();
  const home = memories.home(() => undefined);
  /** Whether the bytes at an address are free: the memory gives out again first what was freed last. */
  const isFree = (address: number, bytes: number) => {
    const again = memories.list[home]!.alloc(bytes);
    memories.list[home]!.free(again);
    return again === address;
  };
  return { ledger: new Ledger(memories), memories, home, isFree };
}

t.test('what the next plan asks for keeps its place and what it holds; the rest is freed when told', async (t) => {
  const { ledger, memories, home, isFree } = ledgerAtHome();
  ledger.begin();
  const kept = ledger.use('kept', home, 64);
  const gone = ledger.use('gone', home, 128);
  const record = ledger.take(home, 256);
  const lost = ledger.take(home, 512);
  ledger.finish()();
  memories.list[home]!.views.u8[kept] = 7;
  ledger.begin();
  t.equal(
    ledger.use('kept', home, 64, () => t.fail('it is not new')),
    kept,
  );
  t.equal(ledger.keep(record), record.address);
  const free = ledger.finish();
  t.notOk(isFree(gone, 128), 'a renderer may still use it');
  free();
  t.ok(isFree(gone, 128) && isFree(lost.address, 512));
  t.notOk(isFree(kept, 64) || isFree(record.address, 256));
  t.equal(memories.list[home]!.views.u8[kept], 7);
  ledger.begin();
  t.not(ledger.use('gone', home, 64), kept, 'a key that was gone is new again');
});

t.test('a plan that is refused gives back what it took, and the one before stays whole', async (t) => {
  const { ledger, home, isFree } = ledgerAtHome();
  ledger.begin();
  const grown = ledger.use('grown', home, 64);
  const unasked = ledger.use('unasked', home, 128);
  ledger.finish()();
  ledger.begin();
  const larger = ledger.use('grown', home, 1024);
  const made = ledger.use('made', home, 2048);
  ledger.abandon();
  t.ok(isFree(larger, 1024) && isFree(made, 2048));
  ledger.begin();
  t.equal(ledger.use('grown', home, 64), grown);
  t.equal(ledger.use('unasked', home, 128), unasked);
  ledger.finish()();
  t.notOk(isFree(grown, 64) || isFree(unasked, 128));
});

t.test('new bytes are zero, also where something was before', async (t) => {
  const { ledger, memories, home } = ledgerAtHome();
  ledger.begin();
  const first = ledger.use('first', home, 64);
  memories.list[home]!.views.u8.fill(255, first, first + 64);
  ledger.finish()();
  ledger.begin();
  ledger.finish()();
  ledger.begin();
  const second = ledger.use('second', home, 64);
  t.equal(second, first, 'the same place');
  t.ok(memories.list[home]!.views.u8.subarray(second, second + 64).every((byte) => byte === 0));
});
