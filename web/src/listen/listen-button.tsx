import { useEffect, useRef, useState } from 'react';
import type { PlayerFacts } from '../../player/player-worklet.ts';
import { StreamPlayer } from '../../player/stream-player.ts';
import { useSession, useSessionView } from '../session/use-session.ts';
import './listen-button.css';

/** Plays in the browser what the task plays. */
export function ListenButton() {
  const session = useSession();
  const { task, connection, permissions } = useSessionView();
  const [isOn, setOn] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [facts, setFacts] = useState<PlayerFacts>();
  const player = useRef<StreamPlayer>(undefined);
  player.current ??= new StreamPlayer(setFacts);

  useEffect(
    () => () => {
      session.onPacket = undefined;
      void player.current?.stop();
    },
    [session],
  );

  const sink = Object.values(task?.sinks ?? {})[0];
  const start = async () => {
    setProblem(undefined);
    try {
      await player.current!.start(task!.sampleRate, sink?.channels ?? 2);
      session.onPacket = (packet) => player.current!.push(packet);
      await session.listen();
      setOn(true);
    } catch (error) {
      session.onPacket = undefined;
      await player.current!.stop();
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  const stop = async () => {
    setOn(false);
    setFacts(undefined);
    session.onPacket = undefined;
    session.unlisten();
    await player.current!.stop();
  };
  const delayMs = facts && task ? Math.round((1000 * facts.fillFrames) / task.sampleRate) : 0;
  return (
    <div className="listen">
      <button
        type="button"
        className="listen-button"
        aria-pressed={isOn}
        disabled={!isOn && (!sink || connection !== 'open' || !permissions.includes('audio'))}
        title={
          facts
            ? `Buffer ${delayMs} ms, ${facts.underruns} underruns, ${facts.skippedFrames} frames skipped`
            : 'Play the stream in this browser'
        }
        data-audible-frames={facts?.audibleFrames ?? 0}
        data-underruns={facts?.underruns ?? 0}
        data-context={player.current.state}
        onClick={isOn ? stop : start}
      >
        <span className="listen-dot" aria-hidden="true" />
        {isOn ? 'Listening' : 'Listen'}
      </button>
      {problem && (
        <p className="listen-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
