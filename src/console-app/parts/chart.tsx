import { useEffect, useRef, useState } from "preact/hooks";
import uPlot from "uplot";

export interface Series {
  readonly name: string;
  /** Name of a colour of the style: `--series-1`. */
  readonly color: string;
  readonly values: readonly (number | null)[];
}

export interface ChartProps {
  /** What it shows, in words that stand for it where it is not seen. */
  readonly label: string;
  readonly series: readonly Series[];
  /** When the last values were taken, in milliseconds since the epoch. They are a second apart. */
  readonly at: number;
  readonly format: (value: number) => string;
  /** The largest value of the axis, at the least. */
  readonly top?: number;
}

const HEIGHT = 112;
/** Seconds in sight. */
const SECONDS = 300;

/** A small chart of the last minutes. */
export function Chart({ label, series, at, format, top = 1 }: ChartProps) {
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const theme = useTheme();
  const names = series.map(({ name }) => name).join();
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const made = new uPlot(optionsOf({ element, series, format, top }), dataOf(series, at), element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: HEIGHT }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
    };
  }, [theme, names]);
  useEffect(() => plot.current?.setData(dataOf(series, at)), [at]);
  return <div ref={box} class="chart" role="img" aria-label={label} />;
}

function dataOf(series: readonly Series[], at: number): uPlot.AlignedData {
  const length = Math.max(1, series[0]?.values.length ?? 0);
  const end = Math.round(at / 1000);
  const times = Array.from({ length }, (_, i) => end - length + 1 + i);
  return [times, ...series.map(({ values }) => [...values])];
}

function optionsOf({
  element,
  series,
  format,
  top,
}: Pick<ChartProps, "series" | "format"> & { readonly element: HTMLElement; readonly top: number }): uPlot.Options {
  const style = getComputedStyle(element);
  const color = (name: string) => style.getPropertyValue(name).trim();
  const axis = { stroke: color("--muted"), font: `11px ${style.fontFamily}`, ticks: { show: false } };
  const grid = { stroke: color("--line"), width: 1 };
  return {
    width: element.clientWidth,
    height: HEIGHT,
    cursor: { show: false },
    legend: { show: false },
    padding: [8, 16, 0, 0],
    scales: {
      x: { time: true, range: (_, __, max) => [max - SECONDS, max] },
      y: { range: (_, __, max) => [0, Math.max(top, (max ?? 0) * 1.1)] },
    },
    axes: [
      { ...axis, grid: { show: false }, size: 22, space: 70, values: (_, times) => times.map(timeOfDay) },
      { ...axis, grid, size: 54, space: 32, values: (_, values) => values.map(format) },
    ],
    series: [
      {},
      ...series.map((each) => ({
        label: each.name,
        stroke: color(each.color),
        width: 1.5,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}

function timeOfDay(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
}

/** Changes with the colours of the page: a canvas does not follow them by itself. */
function useTheme(): boolean {
  const [query] = useState(() => matchMedia("(prefers-color-scheme: dark)"));
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const look = () => setDark(query.matches);
    query.addEventListener("change", look);
    return () => query.removeEventListener("change", look);
  }, []);
  return isDark;
}
