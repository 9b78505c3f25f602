import t from 'tap';
import { Turns } from './turns.ts';

t.test('before a turn comes, chains of promises of any length are through', async (t) => {
  const turns = new Turns();
  for (let turn = 0; turn < 200; turn++) {
    let links = 0;
    const chain = async () => {
      for (; links < 100; links++) await undefined;
    };
    void chain();
    await turns.next();
    t.equal(links, 100, `turn ${turn}`);
  }
});

t.test('a rejection that nobody handles is told of before the next turn but one', async (t) => {
  const turns = new Turns();
  const told: unknown[] = [];
  const tell = (error: unknown) => told.push(error);
  process.on('unhandledRejection', tell);
  t.teardown(() => process.off('unhandledRejection', tell));
  for (let turn = 0; turn < 100; turn++) {
    void Promise.reject(turn);
    await turns.next();
    await turns.next();
    t.equal(told.length, turn + 1);
  }
});
