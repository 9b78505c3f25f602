import { useState } from 'react';
import { useSession, useSessionView } from '../session/use-session.ts';
import { PositionBar } from './position-bar.tsx';
import { timelineSeconds } from './timeline-length.ts';
import './transport-bar.css';
import { TransportIcon } from './transport-icons.tsx';

/** Play, stop, back to the start, loop, position. */
export function TransportBar() {
  const session = useSession();
  const { task, state, connection, permissions } = useSessionView();
  const transport = state?.transport;
  const isPlaying = transport?.playing ?? false;
  const loop = transport ? transport.loop : (task?.loop ?? null);
  // what the loop was before it was turned off here
  const [lastLoop, setLastLoop] = useState(loop);
  if (loop && loop !== lastLoop) setLastLoop(loop);
  const isOff = !task || connection !== 'open' || !permissions.includes('transport');

  const toggleLoop = () => {
    const whole = task && { startSeconds: 0, endSeconds: timelineSeconds(task, 0) };
    session.transport({ loop: loop ? null : (lastLoop ?? task?.loop ?? whole ?? null) });
  };
  return (
    <div className="transport" role="toolbar" aria-label="Transport">
      <button
        type="button"
        className="icon-button"
        aria-label="Back to start"
        title="Back to start"
        disabled={isOff}
        onClick={() => session.transport({ positionSeconds: 0 })}
      >
        <TransportIcon sign="start" />
      </button>
      <button
        type="button"
        className="icon-button play"
        aria-label="Play"
        title="Play"
        aria-pressed={isPlaying}
        disabled={isOff}
        onClick={() => session.transport({ play: true })}
      >
        <TransportIcon sign="play" />
      </button>
      <button
        type="button"
        className="icon-button"
        aria-label="Stop"
        title="Stop"
        disabled={isOff}
        onClick={() => session.transport({ play: false })}
      >
        <TransportIcon sign="stop" />
      </button>
      <button
        type="button"
        className="icon-button loop"
        aria-label="Loop"
        title={loop ? `Loop ${loop.startSeconds} s to ${loop.endSeconds} s` : 'Loop'}
        aria-pressed={loop !== null}
        disabled={isOff}
        onClick={toggleLoop}
      >
        <TransportIcon sign="loop" />
      </button>
      <PositionBar />
    </div>
  );
}
