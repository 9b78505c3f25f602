import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Test } from 'tap';
import type { JackCard } from './jack-card.ts';

const NAME = 'second-way';

/** The ports of a second way beside a cable, as late as that: together they are twice as loud. */
export async function secondWay(t: Test, card: JackCard): Promise<{ input: string; output: string }> {
  const child = spawn('jack_thru', [NAME], { env: card.environment, stdio: 'ignore' });
  const ended = once(child, 'exit');
  t.teardown(async () => {
    child.kill();
    await ended;
  });
  const [input] = await card.ports(new RegExp(`^${NAME}:input_`), 2);
  const [output] = await card.ports(new RegExp(`^${NAME}:output_`), 2);
  return { input: input!, output: output! };
}
