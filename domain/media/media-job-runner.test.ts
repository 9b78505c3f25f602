import { pino } from 'pino';
import t from 'tap';
import { VirtualClock } from '../clock/virtual-clock.ts';
import { causeBy } from '../events/cause.ts';
import { EventJournal } from '../events/event-journal.ts';
import { Life } from '../simulation/world/life.ts';
import { HEALTHY, SimulatedDisk } from '../simulation/world/simulated-disk.ts';
import { SimulatedMedia } from '../simulation/world/simulated-media.ts';
import { JobTurns } from './job-turns.ts';
import { MediaIndex } from './media-index.ts';
import { MediaJobRunner } from './media-job-runner.ts';
import { MEDIA_RECORDS, type MediaJobRecord, mediaJobKey } from './media-record.ts';

const owned = { application: 'main', id: 'job' };
const job: MediaJobRecord = {
  media: 'media',
  from: { path: 'drums.wav' },
  name: 'drums.wav',
  tags: [],
  createdAtMs: 0,
  desired: 'done',
};

t.test('a copy that ends while it is being stored that the job is called off ends as cancelled', async (t) => {
  const clock = new VirtualClock();
  const life = new Life(clock);
  // Every operation of the disk of records takes 10 ms, none of that of media any time.
  const disk = new SimulatedDisk({ delay: (least) => least, chance: () => false });
  const store = disk.open(life);
  const media = new SimulatedMedia({ delay: () => 0, chance: () => false }, () => HEALTHY);
  const ended = Promise.withResolvers<void>();
  const runner = new MediaJobRunner(
    {
      journal: await EventJournal.open({ store, clock: life }),
      clock: life,
      logger: pino({ level: 'silent' }) as never,
      disk: media.open(life),
      index: await MediaIndex.open(store),
      turns: new JobTurns(1),
      inOrder: (work) => work(),
      ended: () => ended.resolve(),
    },
    owned,
    job,
  );
  const advance = async (ms: number) => {
    for (let step = 0; step < ms; step++) {
      clock.advance(1);
      await new Promise(setImmediate);
    }
  };
  disk.health = { ...HEALTHY, leastMs: 10, mostMs: 10 };
  const cancelled = runner.cancel(causeBy());
  runner.begin();
  await advance(9);
  t.same(runner.actor.outcome?.state, 'done', 'it is copied');
  t.notOk(disk.read(mediaJobKey(owned)), 'and nothing is stored yet');
  await advance(50);
  t.equal((await cancelled).desired, 'cancelled');
  await ended.promise;
  t.equal(disk.read<MediaJobRecord>(mediaJobKey(owned))?.end?.state, 'cancelled');
  t.equal(runner.document.state, 'cancelled');
  t.same([disk.readAll(MEDIA_RECORDS), [...media.contents]], [[], []]);
});
