import type { FixedInstanceState, MediaTransport, Model, Value } from '@audiocloud/api';

/*
 * The tape of a unit, as a pure function: it runs while a task plays, is rewound before when too little is left, and stops at its end.
 */

/** At the start, as near as positions tell. */
const START_SECONDS = 0.5;
/** So much is left when it stops by itself. */
const END_SECONDS = 1;

/** What the model of a unit says of its tape. */
export interface TapeFacts extends MediaTransport {
  lengthSeconds: number;
}

/** What the unit tells of it. */
export interface TapeReport {
  positionSeconds: number;
  doing: 'idle' | 'running' | 'busy';
}

export interface Tape {
  phase: 'rest' | 'running' | 'stopping' | 'rewinding';
  /** Of what is rewound: what was left when that began, and when it will be done, as far as that can be told. */
  leftSeconds?: number;
  rewoundByMs?: number;
}

export const TAPE_AT_REST: Tape = { phase: 'rest' };

/** What is wanted of a tape. playSeconds: undefined where nobody knows how long it will play. */
export interface TapeUse {
  playSeconds: number | undefined;
}

/** Undefined for a model without tape. [any] */
export function tapeFacts(model: Model | undefined): TapeFacts | undefined {
  const { lengthSeconds = 0, transport } = model?.media ?? {};
  return transport && { lengthSeconds, ...transport };
}

/** Undefined until the unit has told where its tape is and what it does. [any] */
export function tapeReport(
  { state, position, idle, running }: TapeFacts,
  reports: FixedInstanceState['reports'],
): TapeReport | undefined {
  const [positionSeconds] = reports[position] ?? [];
  const [told] = reports[state] ?? [];
  if (typeof positionSeconds !== 'number' || told === undefined) return undefined;
  return { positionSeconds, doing: told === idle ? 'idle' : told === running ? 'running' : 'busy' };
}

const leftOf = ({ lengthSeconds }: TapeFacts, { positionSeconds }: TapeReport) => lengthSeconds - positionSeconds;

/** What is left is too short, and rewinding would help. */
const mustRewind = (facts: TapeFacts, report: TapeReport, { playSeconds = END_SECONDS }: TapeUse): boolean =>
  report.positionSeconds > START_SECONDS && leftOf(facts, report) < Math.max(playSeconds, END_SECONDS);

/**
 * Where a tape is after a look at what is told. [any]
 *
 * report: undefined while the unit is away, or has said nothing. use: undefined when nobody has it.
 */
export function tapeStep(
  tape: Tape,
  facts: TapeFacts,
  report: TapeReport | undefined,
  use: TapeUse | undefined,
  nowMs: number,
): Tape {
  if (!report || !use) return TAPE_AT_REST;
  const rewind = (): Tape => {
    const { positionSeconds } = report;
    const { lengthSeconds, rewindSeconds } = facts;
    return {
      phase: 'rewinding',
      leftSeconds: leftOf(facts, report),
      ...(rewindSeconds === undefined
        ? {}
        : { rewoundByMs: nowMs + (1000 * rewindSeconds * positionSeconds) / lengthSeconds }),
    };
  };
  const isIdle = report.doing === 'idle';
  switch (tape.phase) {
    case 'rest':
      return isIdle && mustRewind(facts, report, use) ? rewind() : tape;
    case 'running':
      return leftOf(facts, report) <= END_SECONDS ? { phase: 'stopping' } : tape;
    case 'stopping':
      return isIdle ? rewind() : tape;
    case 'rewinding':
      return isIdle && report.positionSeconds <= START_SECONDS ? TAPE_AT_REST : tape;
  }
}

/** What its transport is to be set to. [any] */
export function transportValue({ phase }: Tape, { stop, run, rewind }: TapeFacts): Value {
  return phase === 'running' ? run : phase === 'rewinding' ? rewind : stop;
}

/** It stands where it can run for as long as is wanted, or was told to run. [any] */
export function isCuedTape(tape: Tape, facts: TapeFacts, report: TapeReport | undefined, use: TapeUse): boolean {
  if (!report || tape.phase === 'stopping' || tape.phase === 'rewinding') return false;
  return tape.phase === 'running' || (report.doing === 'idle' && !mustRewind(facts, report, use));
}

/** Why a task does not play yet, as a sentence. [any] */
export function tapeText(tape: Tape, report: TapeReport | undefined, { playSeconds }: TapeUse): string {
  if (!report) return 'Its tape has not told yet where it is';
  if (tape.phase === 'stopping') return 'Its tape is at its end, and stops';
  if (tape.phase !== 'rewinding')
    return tape.phase === 'running' ? 'Its tape begins to run' : 'Its tape is about to run';
  const left = `${(tape.leftSeconds ?? 0).toFixed(0)} s are left`;
  return `Its tape rewinds: ${left}${playSeconds === undefined ? '' : `, ${playSeconds.toFixed(0)} s are wanted`}`;
}
