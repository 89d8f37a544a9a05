/** How late the event loop was over one period, and how many media streams it carried then. */
export interface LatenessReading {
  /** End of the period, ms of one monotonic clock. */
  readonly at: number;
  /** The 99th percentile of the period, in ms. */
  readonly lateness: number;
  readonly streams: number;
}

/**
 * How late the event loop is, what a call more would add to it, and whether it gets worse. Pure: times are arguments,
 * in ms of one monotonic clock.
 */
export class EventLoopLateness {
  #readings: readonly LatenessReading[] = [];

  add(reading: LatenessReading): void {
    this.#readings = [...this.#recent(reading.at, KEPT), reading].slice(-MOST_READINGS);
  }

  /** The median of the last seconds, in ms, so that one pause of the garbage collector says nothing; 0 without readings. */
  now(at: number): number {
    return median(this.#recent(at, WINDOW).map(({ lateness }) => lateness));
  }

  /** What it would be, in ms, with so many media streams: calls that came since the last reading are in none yet. */
  projected(streams: number, at: number): number {
    const newest = this.#recent(at, WINDOW).at(-1);
    if (newest === undefined) return 0;
    const now = this.now(at);
    const mean = now / Math.max(1, newest.streams);
    const more = streams - newest.streams;
    return Math.max(0, now + more * (more > 0 ? this.#perStream(mean, at) : mean));
  }

  /** Whether the newer half of the readings is clearly above the older one. */
  grows(at: number): boolean {
    const readings = this.#recent(at, KEPT).map(({ lateness }) => lateness);
    if (readings.length < LEAST_TREND) return false;
    const half = Math.floor(readings.length / 2);
    const [older, newer] = [median(readings.slice(0, half)), median(readings.slice(half))];
    return newer - older >= LEAST_GROWTH && newer >= older * GROWTH;
  }

  /** What one stream more adds, in ms: the share of each now, or the slope over the readings where that is steeper. */
  #perStream(mean: number, at: number): number {
    const readings = this.#recent(at, KEPT);
    const counts = readings.map(({ streams }) => streams);
    const spread = Math.max(...counts) - Math.min(...counts);
    if (spread < Math.max(3, Math.max(...counts) * LEAST_SPREAD)) return mean;
    return Math.min(Math.max(mean, slopeOf(readings)), mean * STEEPEST);
  }

  #recent(at: number, span: number): readonly LatenessReading[] {
    return this.#readings.filter((reading) => reading.at > at - span);
  }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

/** By least squares. The counts of streams must differ. */
function slopeOf(readings: readonly LatenessReading[]): number {
  const meanOf = (pick: (reading: LatenessReading) => number): number =>
    readings.reduce((sum, reading) => sum + pick(reading), 0) / readings.length;
  const streams = meanOf((reading) => reading.streams);
  const lateness = meanOf((reading) => reading.lateness);
  return (
    meanOf((reading) => (reading.streams - streams) * (reading.lateness - lateness)) /
    meanOf((reading) => (reading.streams - streams) ** 2)
  );
}

/** Readings of so many ms tell how it is, and of so many how it goes. */
const WINDOW = 5_000;
const KEPT = 20_000;
const MOST_READINGS = 100;
/** Readings below which there is no trend. */
const LEAST_TREND = 6;
/** What counts as getting worse: so many ms, and so many times as much. */
const LEAST_GROWTH = 2;
const GROWTH = 1.25;
/** Part of the streams by which their counts must differ for a slope to mean anything. */
const LEAST_SPREAD = 0.1;
/** A slope is taken for at most so many times the share of each stream: beyond that it is noise. */
const STEEPEST = 5;
