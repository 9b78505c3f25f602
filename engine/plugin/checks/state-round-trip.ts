import { AudioCloudError } from '@audiocloud/api';
import { type CheckRun, difference, failed, passed } from '../check-context.ts';
import { seededRandom } from '../seeded-random.ts';

const FRAMES = 4096;
const DAMAGED = 40;

/** A state saved and loaded gives the same settings and sound; a damaged one is refused or taken, never a trap. */
export const stateRoundTrip: CheckRun = (context) => {
  const first = context.probe({ parameters: context.randomParameters(11) });
  const state = first.saveState();
  const second = context.probe();
  second.loadState(state);
  const again = second.saveState();
  if (again.length !== state.length || again.some((byte, i) => byte !== state[i]))
    return failed('a state that was loaded is saved as other bytes');
  const input = context.noise(first, FRAMES);
  const { size, text } = difference(first.render(input).outputs, second.render(input).outputs);
  if (size > 0) return failed(`the sound after loading differs: ${text}`);
  const random = seededRandom(12);
  for (let round = 0; round < DAMAGED; round++) {
    const damaged = state.slice(0, round % 4 === 0 ? Math.floor(random() * state.length) : state.length);
    if (damaged.length > 0) damaged[Math.floor(random() * damaged.length)] = Math.floor(random() * 256);
    const probe = context.probe({ memory: second.memory });
    try {
      probe.loadState(damaged);
      probe.render(context.noise(probe, FRAMES / 8));
      probe.dispose();
    } catch (error) {
      if (!(error instanceof AudioCloudError) || error.details?.['trap'])
        return failed(`a damaged state: ${(error as Error).message}`);
    }
  }
  return passed(`${state.length} bytes`);
};
