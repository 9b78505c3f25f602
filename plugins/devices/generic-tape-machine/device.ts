import { type SimulatedDevice, TICK_MS } from '@audiocloud/api';

const POWER_UP_MS = 10_000;
const COOL_DOWN_MS = 5000;
const IDLE_OFF_MS = 300_000;
const TAPE_MS = 2_400_000;
/** How much faster the tape runs back. */
const REWIND = 50;
const LONGEST_LINE = 1024;

/** What a play state says: 0 idle, 2 playing, all else below 1000 busy. */
const IDLE = 0;
const BUSY = 1;
const PLAYING = 2;

type Phase = 'off' | 'powering up' | 'idle' | 'recording' | 'rewinding' | 'cooling down';
const PLAY_STATES: Record<Exclude<Phase, 'off'>, number> = {
  'powering up': BUSY,
  idle: IDLE,
  recording: PLAYING,
  rewinding: BUSY,
  'cooling down': BUSY,
};

const fourDigits = (value: number) => String(value).padStart(4, '0');

/**
 * A tape machine with a serial remote, in lines that end with CR LF. [control]
 *
 * `SGPW1000` and `SGPW0000` switch its power, which takes 10 s and 5 s; `SGST STOP`, `RCRD` and `2STR` stop, record and rewind to the start;
 * `RGST0000` asks for the play state, `RGSM0000` for the position in seconds, which come as `RGST` and `RGSM` with four digits. Idle for
 * five minutes it switches itself off. Off, it hears only that it is switched on, and says nothing. At the end of 40 minutes of
 * tape it stops; without power the tape stays where it is.
 */
export function tapeMachine(send: (bytes: Uint8Array) => void): SimulatedDevice {
  let text = '';
  let phase: Phase = 'off';
  let phaseMs = 0;
  let tapeMs = 0;
  let unknown = 0;

  const go = (to: Phase) => {
    phase = to;
    phaseMs = 0;
  };
  const isUp = () => phase === 'idle' || phase === 'recording' || phase === 'rewinding';
  const say = (line: string) => send(Buffer.from(`${line}\r\n`, 'latin1'));

  const orders: Record<string, () => void> = {
    SGPW1000: () => {
      if (phase === 'off' || phase === 'cooling down') go('powering up');
    },
    SGPW0000: () => {
      if (phase !== 'off' && phase !== 'cooling down') go('cooling down');
    },
    'SGST STOP': () => {
      if (isUp()) go('idle');
    },
    'SGST RCRD': () => {
      if (isUp() && tapeMs < TAPE_MS) go('recording');
    },
    'SGST 2STR': () => {
      if (isUp()) go('rewinding');
    },
    RGST0000: () => {
      if (phase !== 'off') say(`RGST${fourDigits(PLAY_STATES[phase])}`);
    },
    RGSM0000: () => {
      if (phase !== 'off') say(`RGSM${fourDigits(Math.floor(tapeMs / 1000))}`);
    },
  };

  return {
    receive(bytes) {
      text = (text + Buffer.from(bytes).toString('latin1')).slice(-LONGEST_LINE);
      for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
        const order = text.slice(0, end);
        text = text.slice(end + 2);
        if (Object.hasOwn(orders, order)) orders[order]!();
        else unknown++;
      }
    },
    tick() {
      phaseMs += TICK_MS;
      if (phase === 'powering up' && phaseMs >= POWER_UP_MS) go('idle');
      else if (phase === 'cooling down' && phaseMs >= COOL_DOWN_MS) go('off');
      else if (phase === 'idle' && phaseMs >= IDLE_OFF_MS) go('cooling down');
      else if (phase === 'recording') {
        tapeMs = Math.min(TAPE_MS, tapeMs + TICK_MS);
        if (tapeMs === TAPE_MS) go('idle');
      } else if (phase === 'rewinding') {
        tapeMs = Math.max(0, tapeMs - REWIND * TICK_MS);
        if (tapeMs === 0) go('idle');
      }
    },
    state: () => ({ phase, positionSeconds: tapeMs / 1000, unknown }),
  };
}
