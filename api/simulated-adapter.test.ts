import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import type { SimulatedFault } from './adapter.ts';
import { type SimulatedTiming, simulatedAdapter } from './simulated-adapter.ts';

/** A device that counts what it gets and says the count, twice two bytes. */
function counter(send: (bytes: Uint8Array) => void) {
  let count = 0;
  return {
    receive() {
      count++;
      send(Uint8Array.of(0x80, count));
    },
    tick() {},
  };
}

async function opened(timing?: SimulatedTiming) {
  const adapter = simulatedAdapter(counter, timing);
  const [facts] = await adapter.list([{ name: 'Counter*' }]);
  const port = await adapter.open(facts!, {});
  const said: number[][] = [];
  let onSaid = () => {};
  port.onData((bytes) => {
    said.push([...bytes]);
    onSaid();
  });
  const heard = async (count: number) => {
    while (said.length < count)
      await new Promise<void>((resolve) => {
        onSaid = resolve;
      });
  };
  const ask = () => port.write(Uint8Array.of(1));
  return {
    adapter,
    facts: facts!,
    port,
    said,
    heard,
    ask,
    fault: (fault: SimulatedFault) => adapter.inject!(facts!.id, fault),
  };
}

t.test('answers come in order, whatever the jitter', async (t) => {
  const { port, said, heard, ask } = await opened({ delayMs: 1, jitterMs: 10 });
  for (let i = 0; i < 20; i++) await ask();
  t.strictSame(said, [], 'none comes at once');
  await heard(20);
  t.strictSame(
    said,
    Array.from({ length: 20 }, (_, i) => [0x80, i + 1]),
  );
  await port.close();
});

t.test('each fault does what it says', async (t) => {
  const { adapter, facts, port, said, heard, ask, fault } = await opened();
  await ask();
  t.strictSame(said.splice(0), [[0x80, 1]]);
  fault('silence');
  await ask();
  t.strictSame(said, []);
  fault('half-frame');
  await ask();
  t.strictSame(said.splice(0), [[0x80]], 'it counted on in silence');
  fault('late');
  await ask();
  t.strictSame(said, []);
  fault('none');
  await ask();
  t.strictSame(said, [], 'nothing overtakes a late answer');
  await heard(2);
  t.strictSame(said.splice(0), [
    [0x80, 4],
    [0x80, 5],
  ]);
  fault('garbage');
  await heard(3);
  fault('flood');
  await heard(1000);
  fault('power-loss');
  said.length = 0;
  await ask();
  await pause(60);
  t.strictSame(said, [], 'without power it is dead');
  t.equal((await adapter.list([])).length, 1, 'and its port is there');
  fault('none');
  await ask();
  t.strictSame(said, [[0x80, 1]], 'it forgot');

  const closed = new Promise((resolve) => port.onClose(resolve));
  fault('unplug');
  t.equal(await closed, 'unplugged');
  await t.rejects(ask(), { code: 'ADAPTER_FAILED' });
  await t.rejects(adapter.open(facts, {}), { code: 'ADAPTER_FAILED', message: /not there/ });
  t.strictSame(await adapter.list([]), []);
});

t.test('a port is opened once, and a closed one stays closed when it is opened again', async (t) => {
  const { adapter, facts, port, ask } = await opened();
  await t.rejects(adapter.open(facts, {}), { code: 'ADAPTER_FAILED', message: /open already/ });
  await port.close();
  const again = await adapter.open(facts, {});
  await port.close();
  await t.rejects(ask(), { code: 'ADAPTER_FAILED', message: /closed/ });
  await again.write(Uint8Array.of(1));
  await again.close();
});
