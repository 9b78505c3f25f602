import { LEASE_SECONDS } from '../../instances/unit-leases.ts';
import { SAFE_MS, WARM_UP_MS } from '../world/hardware.ts';
import type { Invariant } from './invariant.ts';
import { fixedOf, pairs, unitsOf } from './stored-tasks.ts';

export const unitsAreExclusive: Invariant = {
  name: 'units-are-exclusive',
  claim: 'No two tasks play with one unit of hardware.',
  begin: () => ({
    plays: (name, world) => {
      const all = [...pairs(world)];
      const own = all.flatMap((pair) => (pair.name === name ? unitsOf(pair.record) : []));
      for (const pair of all) {
        if (pair.name === name || !pair.held?.transport.playing) continue;
        const both = unitsOf(pair.record).find((unit) => own.includes(unit));
        if (both) return `${name} begins to play with ${both}, with which ${pair.name} plays`;
      }
      return undefined;
    },
  }),
};

/** Until a domain heard of a unit that broke. */
const NOTICE_MS = 15_000;

export const powerIsConfirmed: Invariant = {
  name: 'power-is-confirmed',
  claim: 'No task begins to play before it has all its units, and each has confirmed its power.',
  begin: () => ({
    plays: (name, world) => {
      for (const pair of pairs(world)) {
        if (pair.name !== name) continue;
        const units = unitsOf(pair.record);
        const missing = fixedOf(pair.record).length - units.length;
        if (missing > 0) return `${name} begins to play, and has ${missing} units too few`;
        for (const id of units) {
          const { hardware } = world.engines.find(({ hardware }) => hardware.look(id))!;
          const unit = hardware.look(id)!;
          const isOn = unit.state.power !== false && unit.state.state === 'ready';
          const lostMs = Math.max(unit.brokenMs, hardware.safeMs);
          if (!isOn && world.clock.elapsedMs - lostMs > NOTICE_MS)
            return `${name} begins to play, and ${id} is ${unit.state.state}, power ${unit.state.power}`;
        }
      }
      return undefined;
    },
  }),
};

export const warmUpIsKept: Invariant = {
  name: 'warm-up-is-kept',
  claim: 'No task begins to play with a unit whose power was not there for as long as it warms up, without a gap.',
  begin: () => ({
    plays: (name, world) => {
      for (const pair of pairs(world)) {
        if (pair.name !== name) continue;
        for (const id of unitsOf(pair.record)) {
          const unit = world.engines.flatMap(({ hardware }) => hardware.look(id) ?? [])[0]!;
          const { elapsedMs } = world.clock;
          // One that lost its power a moment ago is not known to have: power-is-confirmed looks at that.
          if (unit.onSinceMs === undefined || elapsedMs - unit.onSinceMs >= WARM_UP_MS) continue;
          return `${name} begins to play, and ${id} has power for ${(elapsedMs - unit.onSinceMs).toFixed(0)} ms`;
        }
      }
      return undefined;
    },
  }),
};

export const tapesRunWhilePlayed: Invariant = {
  name: 'tapes-run-while-played',
  claim:
    'No task begins to play before its tape runs, with enough of it left; and what nobody plays with stands in the end.',
  begin: () => ({
    plays: (name, world) => {
      for (const pair of pairs(world)) {
        if (pair.name !== name) continue;
        for (const id of unitsOf(pair.record)) {
          const { hardware } = world.engines.find(({ hardware }) => hardware.look(id))!;
          const [doing] = hardware.look(id)!.state.reports['playState'] ?? [];
          const wasStopped = world.clock.elapsedMs - hardware.safeMs < NOTICE_MS;
          if (id === hardware.tape && doing !== 'playing' && !wasStopped)
            return `${name} begins to play, and ${id} is ${doing}`;
        }
      }
      return undefined;
    },
    settled: (world) => {
      const played = [...pairs(world)].flatMap(({ record }) => (record.isPlaying ? unitsOf(record) : []));
      for (const { hardware } of world.engines)
        if (hardware.tape !== undefined && !played.includes(hardware.tape)) {
          const [doing] = hardware.look(hardware.tape)!.state.reports['playState'] ?? [];
          if (doing === 'playing') return `${hardware.tape} runs, and nobody plays with it`;
        }
      return undefined;
    },
  }),
};

/** From the last renewal until nothing has power. */
const LEASED_MS = LEASE_SECONDS * 1000 + SAFE_MS;

export const nothingOutlivesItsLease: Invariant = {
  name: 'nothing-outlives-its-lease',
  claim: `Hardware whose lease nobody renews has no power ${LEASED_MS} ms later.`,
  begin: () => ({
    stepped: ({ engines, clock }) => {
      for (const { hardware } of engines) {
        const { renewedMs } = hardware;
        if (clock.elapsedMs < renewedMs + LEASED_MS) continue;
        const on = hardware.powered.find((id) => hardware.look(id)!.onSinceMs !== undefined);
        if (on !== undefined)
          return `${on} has power, ${(clock.elapsedMs - renewedMs).toFixed(0)} ms after its lease was renewed`;
      }
      return undefined;
    },
  }),
};

export const outletsAreNeverShared: Invariant = {
  name: 'outlets-are-never-shared',
  claim: 'An outlet that powers a unit is set for that unit, and by nobody who has the distributor.',
  begin: () => ({
    stepped: ({ engines }) => {
      for (const { hardware } of engines) if (hardware.misused !== undefined) return hardware.misused;
      return undefined;
    },
  }),
};

export const tapesStopBeforePowerGoes: Invariant = {
  name: 'tapes-stop-before-power-goes',
  claim: 'A tape is told to stop before whoever has it turns its power off.',
  begin: () => ({
    stepped: ({ engines }) => {
      for (const { hardware } of engines) if (hardware.torn !== undefined) return hardware.torn;
      return undefined;
    },
  }),
};

/** A clock that jumps is noticed within it. */
const JUMP_MS = 60_000;

export const workIsLeftAlone: Invariant = {
  name: 'work-is-left-alone',
  claim:
    'No unit is switched on or played with while the book has maintenance of it, or of what it has its power through.',
  begin: () => {
    let beganMs: number | undefined;
    let jumpedMs = Number.NEGATIVE_INFINITY;
    return {
      stepped: ({ clock }) => {
        const began = clock.now() - clock.elapsedMs;
        if (beganMs !== undefined && Math.abs(began - beganMs) > 1) jumpedMs = clock.elapsedMs;
        beganMs = began;
        return undefined;
      },
      starts: (what, world) => {
        const { clock, domain, engines } = world;
        if (clock.elapsedMs - jumpedMs < JUMP_MS) return undefined;
        const now = clock.now();
        const windows = (domain.core?.booking.listMaintenance().items ?? []).filter(
          ({ from, to }) => Date.parse(from) <= now && now < Date.parse(to),
        );
        if (windows.length === 0) return undefined;
        const isOf = (pair: { name: string }) => 'task' in what && pair.name === what.task;
        const units =
          'unit' in what ? [what.unit] : [...pairs(world)].filter(isOf).flatMap(({ record }) => unitsOf(record));
        for (const unit of units) {
          const { distributor } = engines.find(({ hardware }) => hardware.look(unit))!.hardware;
          const work = windows.find((window) => 'unit' in window && [unit, distributor].includes(window.unit));
          if (work) return `${JSON.stringify(what)} starts with ${unit}, and somebody works on ${JSON.stringify(work)}`;
        }
        return undefined;
      },
    };
  },
};
