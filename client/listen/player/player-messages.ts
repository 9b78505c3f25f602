import type { HeardRun } from '../playout/heard-log.ts';
import type { PlayoutFacts, PlayoutOptions, PlayoutPiece } from '../playout/playout-buffer.ts';

/** The name under which the worklet registers its processor. */
export const PLAYER_PROCESSOR = 'audiocloud-player';

/** `processorOptions` of the node. */
export type PlayerOptions = Omit<PlayoutOptions, 'sampleRate'>;

/** What the worklet is told. */
export type PlayerAsk =
  | { type: 'piece'; piece: PlayoutPiece }
  /** Leave out what is kept back. */
  | { type: 'skip' }
  /** Answered by `runs`. */
  | { type: 'runs' };

/** What the worklet tells: `facts` about 30 times a second. */
export type PlayerTold =
  | { type: 'facts'; facts: PlayoutFacts }
  | { type: 'runs'; facts: PlayoutFacts; runs: HeardRun[] };
