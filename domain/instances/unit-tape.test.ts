import t from 'tap';
import {
  isCuedTape,
  type Tape,
  TAPE_AT_REST,
  type TapeFacts,
  type TapeReport,
  tapeStep,
  tapeText,
  transportValue,
} from './unit-tape.ts';

const FACTS: TapeFacts = {
  lengthSeconds: 2400,
  parameter: 'transport',
  stop: 'stop',
  run: 'record',
  rewind: 'start',
  position: 'position',
  state: 'playState',
  idle: 'idle',
  running: 'playing',
  rewindSeconds: 240,
};
const at = (positionSeconds: number, doing: TapeReport['doing'] = 'idle'): TapeReport => ({ positionSeconds, doing });
const step = (tape: Tape, report: TapeReport | undefined, playSeconds?: number, nowMs = 0) =>
  tapeStep(tape, FACTS, report, { playSeconds }, nowMs);
const RUNNING: Tape = { phase: 'running' };

t.test('a tape on which enough is left stays where it is, ready to run', async (t) => {
  t.equal(step(TAPE_AT_REST, at(1800), 600), TAPE_AT_REST);
  t.equal(isCuedTape(TAPE_AT_REST, FACTS, at(1800), { playSeconds: 600 }), true);
  t.equal(transportValue(TAPE_AT_REST, FACTS), 'stop');
  t.equal(transportValue(RUNNING, FACTS), 'record');
});

t.test('one on which too little is left is rewound first, and it is told until when', async (t) => {
  t.equal(isCuedTape(TAPE_AT_REST, FACTS, at(1801), { playSeconds: 600 }), false);
  const rewinding = step(TAPE_AT_REST, at(1801), 600, 1_000);
  t.match(rewinding, { phase: 'rewinding', leftSeconds: 599, rewoundByMs: 1_000 + 180_100 });
  t.equal(transportValue(rewinding, FACTS), 'start');
  t.equal(
    tapeText(rewinding, at(1500, 'busy'), { playSeconds: 600 }),
    'Its tape rewinds: 599 s are left, 600 s are wanted',
  );
  t.equal(step(rewinding, at(900, 'busy'), 600), rewinding);
  t.equal(step(rewinding, at(0, 'busy'), 600), rewinding, 'it has not stopped yet');
  t.equal(step(rewinding, at(900), 600), rewinding, 'it stands somewhere else');
  t.equal(step(rewinding, at(0.2), 600), TAPE_AT_REST);
  t.equal(isCuedTape(TAPE_AT_REST, FACTS, at(0.2), { playSeconds: 600 }), true);
});

t.test('where nobody knows how long it plays, it is rewound at its end only', async (t) => {
  t.equal(step(TAPE_AT_REST, at(2000)), TAPE_AT_REST);
  t.match(step(TAPE_AT_REST, at(2399.5)), { phase: 'rewinding' });
});

t.test('a tape that runs stops at its end, and is rewound', async (t) => {
  t.equal(step(RUNNING, at(2398, 'running')), RUNNING);
  const stopping = step(RUNNING, at(2399.2, 'running'));
  t.same([stopping.phase, transportValue(stopping, FACTS)], ['stopping', 'stop']);
  t.equal(step(stopping, at(2399.8, 'running')), stopping);
  t.match(step(stopping, at(2399.9)), { phase: 'rewinding' });
});

t.test('what nobody has, and what does not tell where it is, stands', async (t) => {
  t.equal(tapeStep(RUNNING, FACTS, at(10, 'running'), undefined, 0), TAPE_AT_REST);
  t.equal(step(RUNNING, undefined), TAPE_AT_REST);
  t.equal(isCuedTape(TAPE_AT_REST, FACTS, undefined, { playSeconds: 1 }), false);
});
