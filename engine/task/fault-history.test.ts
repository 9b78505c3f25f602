import t from 'tap';
import { FAULT_WINDOW_SECONDS, FaultHistory } from './fault-history.ts';

t.test('the first fault is followed by 0.1 s of silence, the second by 1 s, the third by quarantine', async (t) => {
  const history = new FaultHistory();
  history.fault(5, 'unreachable');
  t.match(history, { dueSeconds: 5.1, isQuarantined: false, cause: 'unreachable', restarts: 0 });
  history.restarted();
  t.match(history, { dueSeconds: undefined, restarts: 1 });
  history.fault(20, 'division');
  t.match(history, { dueSeconds: 21, cause: 'division' });
  history.restarted();
  history.fault(40, 'unreachable');
  t.match(history, { dueSeconds: undefined, isQuarantined: true, restarts: 2 });
});

t.test('faults are forgotten after a minute', async (t) => {
  const history = new FaultHistory();
  for (let i = 0; i < 100; i++) {
    const now = (i * FAULT_WINDOW_SECONDS) / 2; // never more than two in a window
    history.fault(now, 'unreachable');
    t.equal(history.dueSeconds, now + (i === 0 ? 0.1 : 1));
  }
  history.fault(1e6, 'unreachable');
  t.equal(history.dueSeconds, 1e6 + 0.1);
});

t.test('a fault that counts for two: the second one leads to quarantine', async (t) => {
  const history = new FaultHistory();
  history.fault(0, 'thread wedged', 2);
  t.equal(history.dueSeconds, 0.1);
  history.fault(10, 'thread wedged', 2);
  t.ok(history.isQuarantined);
});

t.test('lifted, it is due at once, and begins with a clean record', async (t) => {
  const history = new FaultHistory();
  for (let i = 0; i < 3; i++) history.fault(i, 'unreachable');
  history.lift();
  t.ok(history.dueSeconds! <= 0 && !history.isQuarantined);
  history.restarted();
  history.fault(10, 'unreachable');
  t.equal(history.dueSeconds, 10.1);
  history.runs();
  t.match(history, { dueSeconds: undefined, cause: '' });
});
