import { BufferPlot } from './buffer-plot.tsx';
import type { PageListening } from './page-listening.ts';
import { QUALITIES } from './quality.ts';

const LOUDEST = 1.5;

/** What one may choose while listening, and how the buffer does. */
export function ListenPanel({ listening }: { listening: PageListening }) {
  const { view } = listening;
  const { quality, volume, isMuted, keepsPlace, now, told, peer, sampleRate, reconnects } = view;
  const ms = (frames: number) => `${Math.round((1000 * frames) / sampleRate)} ms`;
  return (
    <section className="listen-panel" aria-label="Listening">
      <label className="listen-row">
        Quality
        <select
          value={quality.id}
          onChange={({ target }) => void listening.choose(QUALITIES.find(({ id }) => id === target.value)!)}
        >
          {QUALITIES.map(({ id, name }) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label className="listen-row">
        Volume
        <input
          type="range"
          min={0}
          max={LOUDEST}
          step={0.01}
          value={volume}
          onChange={({ target }) => listening.setVolume(Number(target.value), false)}
        />
      </label>
      <label className="listen-row">
        Mute
        <input
          type="checkbox"
          checked={isMuted}
          onChange={({ target }) => listening.setVolume(volume, target.checked)}
        />
      </label>
      <label className="listen-row" title="After a drop it goes on where it was, later than before">
        Keep the place
        <input
          type="checkbox"
          checked={keepsPlace}
          onChange={({ target }) => void listening.keepPlace(target.checked)}
        />
      </label>
      <BufferPlot history={listening.history} />
      {now && sampleRate > 0 && (
        <p className="listen-facts">
          {told && `${told.format}${told.bitRate ? ` ${Math.round(told.bitRate / 1000)} kbit/s` : ''}, `}
          buffer {ms(now.fillFrames)} of {ms(now.targetFrames)}, {now.underruns} underruns, {ms(now.skippedFrames)}{' '}
          skipped, {ms(now.lostFrames)} lost, {reconnects} reconnects
        </p>
      )}
      {peer && (
        <p className="listen-facts">
          WebRTC, buffer {Math.round(peer.bufferMs)} ms, {peer.packets} packets, {peer.lost} lost,{' '}
          {((100 * peer.concealedSamples) / Math.max(1, peer.samples)).toFixed(1)} % concealed
        </p>
      )}
      {keepsPlace && !peer && (
        <button type="button" className="listen-skip" onClick={() => listening.skipToNow()}>
          Skip to now
        </button>
      )}
    </section>
  );
}
