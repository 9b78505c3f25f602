import { setTimeout as sleep } from 'node:timers/promises';
import { check, EngineEvent } from '@audiocloud/api';
import { type CheckContext, need } from '../check-context.ts';
import { want } from '../outcome.ts';
import { loaded } from './loading.ts';
import { change } from './transport.ts';

export async function heartbeat(context: CheckContext): Promise<string> {
  need(context, 'live');
  const line = await context.greeted();
  const first = await line.event('heartbeat');
  const seen = line.events.length;
  const next = await line.event('heartbeat', () => true, seen);
  want(next.streamFrame > first.streamFrame, `two heartbeats at frames ${first.streamFrame} and ${next.streamFrame}`);
  want(next.load >= 0, `a load of ${next.load}`);
  return `load ${(next.load * 100).toFixed(1)} %`;
}

export async function stateTold(context: CheckContext): Promise<string> {
  const other = await context.greeted();
  const one = await loaded(context);
  const isIt = (wanted: string) => (event: Extract<EngineEvent, { type: 'state' }>) =>
    event.state.task === one.task && event.state.state === wanted;
  await other.event('state', isIt('ready'));
  await change(one, { play: true });
  await other.event('state', isIt('playing'));
  const seen = other.events.length;
  await change(one, { play: false });
  await other.event('state', isIt('ready'), seen);
  return 'ready, playing and ready are told to all';
}

export async function metersTold(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  const { line, task } = one;
  await change(one, { loop: { startSeconds: 0, endSeconds: 1 }, play: true });
  const isLoud = ({ meters, task: of }: Extract<EngineEvent, { type: 'meters' }>) =>
    of === task && (meters.meters['main']?.peak[0] ?? 0) > 0.45;
  const { meters } = await line.event('meters', isLoud);
  const { peak } = meters.meters['main']!;
  want(peak.length === 2 && peak.every((x) => x <= 0.505), `peaks ${peak.join(', ')} of a sound whose peak is 0.5`);
  const seen = line.events.length;
  await sleep(1000);
  const count = line.events
    .slice(seen)
    .filter((event) => (event as EngineEvent).type === 'meters' && (event as { task: string }).task === task).length;
  want(count >= 10, `${count} meters in a second`);
  return `peak ${peak[0]!.toFixed(3)}, ${count} in a second`;
}

export async function countersTold(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  await change(one, { play: true });
  const { counters } = await one.line.event('counters', (event) => (event.counters.tasks[one.task]?.blocks ?? 0) > 0);
  const { thread, blocks } = counters.tasks[one.task]!;
  want(counters.threads[thread]?.tasks.includes(one.task) === true, `thread ${thread} does not name the task`);
  return `${blocks} blocks`;
}

export async function eventsOnlyGreeted(context: CheckContext): Promise<string> {
  const silent = await context.line();
  const one = await loaded(context);
  await change(one, { play: true });
  await one.line.event('meters', ({ task }) => task === one.task);
  await sleep(100);
  want(silent.events.length === 0, `${silent.events.length} events to a connection that did not say hello`);
  return 'a connection without hello hears nothing';
}

export async function eventsValid(context: CheckContext): Promise<string> {
  const one = await loaded(context);
  await change(one, { play: true });
  await one.line.event('counters');
  await one.line.event('meters');
  for (const event of one.line.events)
    check(EngineEvent, event, `the event ${JSON.stringify(event).slice(0, 80)}`, 'MESSAGE_INVALID');
  return `${one.line.events.length} events`;
}
