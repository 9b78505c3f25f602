import { LevelMeter } from '../meters/level-meter.tsx';
import { ReportValue } from '../meters/report-value.tsx';
import { useSession, useSessionView } from '../session/use-session.ts';
import type { GraphNode } from '../graph/task-graph.ts';
import { taskGraph } from '../graph/task-graph.ts';
import './faceplate.css';
import { InstanceFaceplate } from './instance-faceplate.tsx';
import { TrackFaceplate } from './track-faceplate.tsx';

const KINDS: Record<GraphNode['kind'], string> = {
  track: 'Track',
  bus: 'Bus',
  instance: 'Instance',
  hardware: 'Hardware',
  sink: 'Sink',
};

/** The selected node: what it is, its level and reports, and all its controls. */
export function Faceplate({ name }: { name: string }) {
  const session = useSession();
  const { task, state } = useSessionView();
  if (!task) return null;
  const { nodes, lines } = taskGraph(task, (instance) => session.model(instance));
  const node = nodes.find(({ id }) => id === name);
  if (!node) return null;
  const model = session.model(name);
  const reports = model?.reports.filter((report) => report.public !== false) ?? [];
  const latencyFrames = state?.instances[name]?.latencyFrames ?? 0;
  const track = task.tracks?.[name];
  const incoming = lines.filter(({ to }) => to === name);
  return (
    <section className={`faceplate card-${node.kind}`} aria-label={`Controls of ${node.title}`}>
      <header className="identity">
        <p className="identity-kind">{KINDS[node.kind]}</p>
        <h2>{node.title}</h2>
        <p className="identity-model">{node.subtitle}</p>
        <LevelMeter key={name} node={name} channels={node.channels} isLarge />
        {reports.length > 0 && (
          <div className="reports">
            {reports.map((report) => (
              <ReportValue key={report.id} instance={name} report={report} />
            ))}
          </div>
        )}
        {latencyFrames > 0 && <p className="note">Latency {latencyFrames} frames</p>}
      </header>
      <div className="faceplate-body">
        {task.instances?.[name] && <InstanceFaceplate key={name} name={name} />}
        {track && <TrackFaceplate track={track} />}
        {(task.buses?.[name] || task.sinks?.[name]) && (
          <ul className="incoming">
            {incoming.map(({ id, from, note }) => (
              <li key={id}>
                from <strong>{from}</strong> {note}
              </li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}
