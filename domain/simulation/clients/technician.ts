import type { ErrorBody, MaintenanceCreated } from '@audiocloud/api';
import { LOST } from '../world/domain-host.ts';
import type { Random } from '../world/random.ts';
import type { ClientWorld } from './client-world.ts';
import { headersOf, type Person } from './person.ts';

/** Works on tapes while they run, or on what gives them power: each time a maintenance that begins at once, and is called off or ends by itself. [control] */
export class Technician {
  readonly #world: ClientWorld;
  readonly #person: Person;
  readonly #random: Random;
  /** Tasks may have lost hardware to it. */
  hasCome = false;
  #isBusy = false;
  #count = 0;

  constructor(world: ClientWorld, person: Person, random: Random) {
    this.#world = world;
    this.#person = person;
    this.#random = random;
  }

  /** A tape begins to run. */
  async hear(tape: string, distributor: string): Promise<void> {
    if (this.#isBusy || this.#world.isWindingUp || this.#random.chance(0.4)) return;
    this.#isBusy = true;
    await this.#world.sleep(this.#random.delay(0, 3_000));
    // What a tape has its power through takes longer: others want to play meanwhile.
    if (this.#random.chance(0.6)) await this.#maintain(distributor, 'fuses', 20_000);
    else await this.#maintain(tape, 'heads', 6_000);
    this.#isBusy = false;
  }

  async #maintain(unit: string, reason: string, mostMs: number): Promise<void> {
    this.hasCome = true;
    const to = new Date(this.#world.clock.now() + this.#random.between(mostMs / 10, mostMs)).toISOString();
    // Its end is past when it comes late, or when the clock jumped.
    const made = await this.#ask<MaintenanceCreated>('POST', '/v1/maintenance', 'RESERVATION_TIME', {
      ...{ unit, to, reason },
    });
    if (!made || this.#random.chance(0.5)) return;
    await this.#world.sleep(this.#random.delay(0, mostMs / 2));
    await this.#ask('DELETE', `/v1/maintenance/${made.id}`, 'MAINTENANCE_UNKNOWN');
  }

  /** Undefined: it was refused, with the code or for now, or nobody knows what became of it. */
  async #ask<R>(method: string, path: string, code: string, body?: object): Promise<R | undefined> {
    const { network, trace } = this.#world;
    const id = `${this.#person.name}-${++this.#count}`;
    const ask = { id, method, path, headers: headersOf(this.#person), ...(body ? { body } : {}) };
    const found = await network.ask(ask, 10_000).answer;
    trace.add(this.#person.name, `${method} ${path}: ${found === LOST ? 'no answer' : found.status}`);
    if (found === LOST) return undefined;
    if (found.status < 300) return found.body as R;
    const refused = found.body as ErrorBody;
    if (refused.retry !== 'soon' && refused.code !== code)
      this.#world.violate('refusals-are-true', `${method} ${path} was refused: ${refused.code}: ${refused.message}`);
    return undefined;
  }
}
