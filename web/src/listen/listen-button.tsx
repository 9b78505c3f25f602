import { useState, useSyncExternalStore } from 'react';
import { useSession, useSessionView } from '../session/use-session.ts';
import './listen-button.css';
import { ListenPanel } from './listen-panel.tsx';

/** Plays in the browser what the task plays. */
export function ListenButton() {
  const { listening } = useSession();
  const { task, connection, permissions } = useSessionView();
  const { isOn, now, problem, sampleRate } = useSyncExternalStore(listening.subscribe, () => listening.view);
  const [isOpen, setOpen] = useState(false);
  const sink = Object.values(task?.sinks ?? {})[0];
  const mayListen = sink !== undefined && connection === 'open' && permissions.includes('audio');
  return (
    <div className="listen">
      <button
        type="button"
        className="listen-button"
        aria-pressed={isOn}
        disabled={!isOn && !mayListen}
        title={
          now && sampleRate > 0
            ? `Buffer ${Math.round((1000 * now.fillFrames) / sampleRate)} ms, ${now.underruns} underruns`
            : 'Play the stream in this browser'
        }
        data-heard-frames={now?.heardFrames ?? 0}
        data-underruns={now?.underruns ?? 0}
        onClick={() => void (isOn ? listening.stop() : listening.start())}
      >
        <span className="listen-dot" aria-hidden="true" />
        {isOn ? 'Listening' : 'Listen'}
      </button>
      <button
        type="button"
        className="listen-more"
        aria-expanded={isOpen}
        aria-label="How to listen"
        disabled={!isOn && !mayListen}
        onClick={() => setOpen(!isOpen)}
      >
        <span aria-hidden="true">▾</span>
      </button>
      {isOpen && <ListenPanel listening={listening} />}
      {problem && (
        <p className="listen-problem" role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}
