import { useEffect, useRef } from 'react';
import { useSession } from '../session/use-session.ts';
import './level-meter.css';
import { meterTravel } from './peak-meter.ts';

// Often enough for a screen reader; the bars themselves move 30 times a second.
const TEXT_SECONDS = 0.5;

/** Steps of a tenth of a percent cannot be seen. */
const percentText = (travel: number) => (100 * travel).toFixed(1);

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
    // what is drawn: the browser paints again what is written again, even where it is the same
    const drawn = bars.map((bar, c) => ({
      level: '',
      held: '',
      isOver: holds[c]!.classList.contains('over'),
      isHidden: bar.parentElement!.hidden,
    }));
    let textAt = 0;
    return session.meters.onFrame((at) => {
      const meters = session.meters.channels(node);
      let loudest = Number.NEGATIVE_INFINITY;
      for (let c = 0; c < bars.length; c++) {
        const now = drawn[c]!;
        // an engine may give one level for all channels
        const isHidden = meters.length > 0 && c >= meters.length;
        if (isHidden !== now.isHidden) bars[c]!.parentElement!.hidden = isHidden;
        const heldDb = meters[c]?.held(at) ?? Number.NEGATIVE_INFINITY;
        loudest = Math.max(loudest, heldDb);
        const level = percentText(meterTravel(meters[c]?.level(at) ?? Number.NEGATIVE_INFINITY));
        if (level !== now.level) bars[c]!.style.clipPath = `inset(0 ${(100 - Number(level)).toFixed(1)}% 0 0)`;
        const held = percentText(meterTravel(heldDb));
        if (held !== now.held) {
          holds[c]!.style.transform = `translateX(${held}%)`;
          holds[c]!.hidden = held === '0.0';
        }
        const isOver = heldDb >= 0;
        if (isOver !== now.isOver) holds[c]!.classList.toggle('over', isOver);
        drawn[c] = { level, held, isOver, isHidden };
      }
      if (at < textAt + TEXT_SECONDS) return;
      textAt = at;
      const text = Number.isFinite(loudest) ? `${loudest.toFixed(1)} dB` : '-inf dB';
      if (element.getAttribute('aria-valuetext') === text) return;
      element.setAttribute('aria-valuetext', text);
      element.setAttribute('aria-valuenow', String(Math.max(-60, Math.round(loudest))));
      if (!number) return;
      number.textContent = text;
      number.classList.toggle('over', loudest >= 0);
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
          <div className="meter-hold" hidden />
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
