import { useSessionView } from '../session/use-session.ts';
import './load-note.css';

const percent = (share: number) => `${Math.round(share * 100)} %`;

/** How much of its time the task's render thread uses, and how many blocks of the task were late since it was loaded. */
export function LoadNote() {
  const { counters } = useSessionView();
  if (!counters) return null;
  const { task, thread, device } = counters;
  const title = [
    `${thread.name} (${thread.scheduling}): ${percent(thread.load)}, peak ${percent(thread.peakLoad)}`,
    `this task: ${percent(task.load)}, block p99 ${task.blockMs.p99.toFixed(2)} ms, longest ${task.blockMs.max.toFixed(2)} ms`,
    `the device left out ${device.leftOutBlocks} blocks`,
    `faults: ${task.faults}`,
  ].join('\n');
  return (
    <span className="load-note" title={title}>
      <span>Load {percent(thread.load)}</span>
      <span className={task.missedBlocks > 0 ? 'load-missed' : ''}>{task.missedBlocks} missed</span>
    </span>
  );
}
