import { useEffect, useRef } from 'react';
import { type BufferHistory, MOST_MOMENTS } from './buffer-history.ts';

const WIDTH = 252;
const HEIGHT = 64;
const DRAW_MS = 100;

/** How much sound waits to be heard over the last 20 s: filled; what is aimed at: a line; underruns: marks. */
export function BufferPlot({ history }: { history: BufferHistory }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const element = canvas.current;
    const pen = element?.getContext('2d');
    if (!element || !pen) return;
    const color = (name: string) => getComputedStyle(element).getPropertyValue(name).trim();
    const [fill, target, under] = [color('--accent-deep'), color('--accent'), color('--red')];
    const draw = () => {
      const { moments, mostMs } = history;
      const x = (i: number) => WIDTH - ((moments.length - i) * WIDTH) / MOST_MOMENTS;
      const y = (ms: number) => HEIGHT - (ms / mostMs) * (HEIGHT - 4);
      pen.clearRect(0, 0, WIDTH, HEIGHT);
      pen.fillStyle = fill;
      moments.forEach(({ fillMs }, i) => {
        pen.fillRect(x(i), y(fillMs), WIDTH / MOST_MOMENTS + 0.5, HEIGHT);
      });
      pen.strokeStyle = target;
      pen.beginPath();
      moments.forEach(({ targetMs }, i) => {
        pen.lineTo(x(i), y(targetMs));
      });
      pen.stroke();
      pen.fillStyle = under;
      moments.forEach(({ underruns }, i) => {
        if (i > 0 && underruns > moments[i - 1]!.underruns) pen.fillRect(x(i) - 1, 0, 2, HEIGHT);
      });
    };
    draw();
    const timer = setInterval(draw, DRAW_MS);
    return () => clearInterval(timer);
  }, [history]);
  return <canvas ref={canvas} className="buffer-plot" width={WIDTH} height={HEIGHT} aria-label="Buffer" role="img" />;
}
