import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react';
import { useSession, useSessionView } from '../session/use-session.ts';
import './position-bar.css';
import { timeText } from './time-text.ts';
import { timelineSeconds } from './timeline-length.ts';

const KEY_SECONDS = 1;

/** Time and playhead; a click moves it. */
export function PositionBar() {
  const session = useSession();
  const { task, state } = useSessionView();
  const bar = useRef<HTMLDivElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const clock = useRef<HTMLSpanElement>(null);
  const [reached, setReached] = useState(0);
  const length = task ? timelineSeconds(task, reached) : 1;
  const loop = state?.transport ? state.transport.loop : (task?.loop ?? null);

  const position = () => {
    const transport = session.meters.transport;
    return transport ? transport.positionFrames / transport.sampleRate : 0;
  };
  useEffect(
    () =>
      session.meters.onFrame(() => {
        const transport = session.meters.transport;
        const seconds = transport ? transport.positionFrames / transport.sampleRate : 0;
        const text = timeText(seconds);
        if (clock.current && clock.current.textContent !== text) {
          clock.current.textContent = text;
          bar.current?.setAttribute('aria-valuetext', text);
          bar.current?.setAttribute('aria-valuenow', seconds.toFixed(2));
        }
        if (head.current) head.current.style.left = `${Math.min(100, (100 * seconds) / length)}%`;
        // in steps, so that the scale does not crawl while the end of the media is not known
        if (seconds > length) setReached(Math.ceil(seconds / 30) * 30);
      }),
    [session, length],
  );

  const seek = (seconds: number) =>
    session.may('transport') &&
    session.transport({ positionSeconds: Math.min(length, Math.max(0, Math.round(seconds * 1000) / 1000)) });
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    seek(((event.clientX - left) / width) * length);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowLeft: -KEY_SECONDS, ArrowRight: KEY_SECONDS, Home: -length, End: length }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    seek(position() + by);
  };
  return (
    <div className="position">
      <span ref={clock} className="clock" aria-hidden="true">
        0:00.000
      </span>
      <div
        ref={bar}
        className="position-bar"
        role="slider"
        tabIndex={0}
        aria-label="Position"
        aria-valuemin={0}
        aria-valuemax={length}
        aria-valuenow={0}
        onPointerDown={onPointerDown}
        onKeyDown={onKeyDown}
      >
        {loop && (
          <div
            className="position-loop"
            style={{
              left: `${(100 * loop.startSeconds) / length}%`,
              width: `${(100 * (loop.endSeconds - loop.startSeconds)) / length}%`,
            }}
          />
        )}
        <div ref={head} className="position-head" />
      </div>
      <span className="clock end" title="Length">
        {timeText(length).replace(/\.\d+$/, '')}
      </span>
    </div>
  );
}
