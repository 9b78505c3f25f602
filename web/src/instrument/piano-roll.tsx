import type { Notes } from '@audiocloud/api';
import { useEffect, useMemo, useRef } from 'react';
import { useSession, useSessionView } from '../session/use-session.ts';
import { timelineSeconds } from '../transport/timeline-length.ts';
import { noteName } from './keys.ts';
import { type NoteRange, noteRange } from './note-range.ts';
import './piano-roll.css';

/** So that a single note is not a bar as high as the picture. */
const LEAST_ROWS = 12;

/** What an instance plays along the timeline, to look at; nothing where it plays nothing. */
export function PianoRoll({ instance, owner }: { instance: string; owner: string }) {
  const session = useSession();
  const { task } = useSessionView();
  const canvas = useRef<HTMLCanvasElement>(null);
  const head = useRef<HTMLDivElement>(null);
  const all = task?.notes;
  const parts = useMemo(() => Object.values(all ?? {}).filter((one) => one.instance === instance), [all, instance]);
  const range = useMemo(() => noteRange(parts), [parts]);
  const length = task ? timelineSeconds(task, 0) : 1;
  useEffect(() => {
    const target = canvas.current;
    if (!target) return;
    const observer = new ResizeObserver(() => drawNotes(target, parts, range, length)); // calls at once, too
    observer.observe(target);
    return () => observer.disconnect();
  }, [parts, range, length]);
  useEffect(
    () =>
      session.meters.onFrame(() => {
        const transport = session.meters.transport;
        const seconds = transport ? transport.positionFrames / transport.sampleRate : 0;
        if (head.current) head.current.style.left = `${Math.min(100, (100 * seconds) / length)}%`;
      }),
    [session, length],
  );
  if (parts.length === 0) return null;
  const { count, lowest, highest } = range;
  const text = count === 0 ? 'none' : `${count}, ${noteName(lowest)} to ${noteName(highest)}`;
  return (
    <div className="piano-roll" role="img" aria-label={`Notes of ${owner}: ${text}`} title={text}>
      <canvas ref={canvas} />
      <div ref={head} className="piano-roll-head" />
    </div>
  );
}

function drawNotes(canvas: HTMLCanvasElement, parts: readonly Notes[], range: NoteRange, length: number): void {
  const scale = window.devicePixelRatio;
  canvas.width = canvas.clientWidth * scale;
  canvas.height = canvas.clientHeight * scale;
  const context = canvas.getContext('2d')!;
  context.fillStyle = getComputedStyle(canvas).color;
  const spare = Math.max(0, LEAST_ROWS - (range.highest - range.lowest + 1));
  const rows = range.highest - range.lowest + 1 + spare;
  const height = canvas.height / rows;
  for (const { notes } of parts)
    for (const { seconds, lengthSeconds, note, velocity = 100 } of notes) {
      context.globalAlpha = 0.35 + (0.65 * velocity) / 127;
      const left = (seconds / length) * canvas.width;
      const width = Math.max(scale, (lengthSeconds / length) * canvas.width - 1);
      context.fillRect(left, (range.highest - note + spare / 2) * height, width, Math.max(scale, height - 1));
    }
}
