import { useEffect, useRef } from 'react';
import { useSession } from '../session/use-session.ts';
import './level-meter.css';
import { meterTravel } from './peak-meter.ts';

// Often enough for a screen reader; the bars themselves move with the screen.
const TEXT_SECONDS = 0.5;

interface Props {
  node: string;
  channels: number;
  /** Large: with a scale, and the held peak as a number. */
  isLarge?: boolean;
}

/** Peak level of each channel of a node in dBFS, with peak hold. */
export function LevelMeter({ node, channels, isLarge = false }: Props) {
  const session = useSession();
  const root = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    const bars = [...element.querySelectorAll<HTMLElement>('.meter-fill')];
    const holds = [...element.querySelectorAll<HTMLElement>('.meter-hold')];
    const number = element.querySelector<HTMLElement>('.meter-number');
    let textAt = 0;
    return session.meters.onFrame((at) => {
      const meters = session.meters.channels(node);
      let loudest = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < bars.length; c++) {
        // an engine may give one level for all channels
        bars[c]!.parentElement!.hidden = meters.length > 0 && c >= meters.length;
        const held = meters[c]?.held(at) ?? Number.NEGATIVE_INFINITY;
        loudest = Math.max(loudest, held);
        const travel = meterTravel(meters[c]?.level(at) ?? Number.NEGATIVE_INFINITY);
        bars[c]!.style.clipPath = `inset(0 ${(100 * (1 - travel)).toFixed(2)}% 0 0)`;
        holds[c]!.style.transform = `translateX(${100 * meterTravel(held)}%)`;
        holds[c]!.classList.toggle('over', held >= 0);
      }
      if (at < textAt + TEXT_SECONDS) return;
      textAt = at;
      const text = Number.isFinite(loudest) ? `${loudest.toFixed(1)} dB` : '-inf dB';
      element.setAttribute('aria-valuetext', text);
      element.setAttribute('aria-valuenow', String(Math.max(-60, Math.round(loudest))));
      if (number && number.textContent !== text) {
        number.textContent = text;
        number.classList.toggle('over', loudest >= 0);
      }
    });
  }, [session, node]);
  // a wide bus as a small meter: the first channels tell enough
  const shown = Math.min(channels, isLarge ? 16 : 2);
  return (
    // biome-ignore lint/a11y/useSemanticElements: <meter> cannot show several channels
    <div
      ref={root}
      className={isLarge ? 'meter large' : 'meter'}
      role="meter"
      aria-label={`${node} level`}
      aria-valuemin={-60}
      aria-valuemax={6}
      aria-valuenow={-60}
    >
      {Array.from({ length: shown }, (_, c) => (
        <div key={c} className="meter-bar">
          <div className="meter-fill" />
          <div className="meter-hold" />
        </div>
      ))}
      {isLarge && (
        <div className="meter-foot">
          <span className="meter-scale" aria-hidden="true">
            {[-48, -36, -24, -12, 0].map((db) => (
              <span key={db} style={{ left: `${100 * meterTravel(db)}%` }}>
                {db}
              </span>
            ))}
          </span>
          <span className="meter-number">-inf dB</span>
        </div>
      )}
    </div>
  );
}
