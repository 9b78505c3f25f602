import type { LiveSource, Track } from '@audiocloud/api';
import { useSessionView } from '../session/use-session.ts';
import { timeText } from '../transport/time-text.ts';
import './track-faceplate.css';

/** The clips of a track. */
export function TrackFaceplate({ track }: { track: Track }) {
  const { task } = useSessionView();
  return (
    <table className="clips">
      <thead>
        <tr>
          <th scope="col">Clip</th>
          <th scope="col">Starts</th>
          <th scope="col">From</th>
          <th scope="col">Length</th>
          <th scope="col">Gain</th>
        </tr>
      </thead>
      <tbody>
        {track.source && (
          <tr>
            <td colSpan={5}>{sourceText(track.source)}</td>
          </tr>
        )}
        {track.clips.map((clip, index) => (
          <tr key={index}>
            <td title={task?.media?.[clip.media]?.path}>{clip.media}</td>
            <td>{timeText(clip.startSeconds)}</td>
            <td>{timeText(clip.offsetSeconds ?? 0)}</td>
            <td>{clip.lengthSeconds === undefined ? 'to the end' : timeText(clip.lengthSeconds)}</td>
            <td>{(clip.gainDb ?? 0).toFixed(1)} dB</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const sourceText = ({ kind, firstChannel = 0 }: LiveSource): string =>
  kind === 'push' ? 'live: what a client pushes' : `live: the device, from input ${firstChannel} on`;
