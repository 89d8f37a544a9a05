import { Counter, type Registry } from "prom-client";

/** What the media gateway has counted since it started; plain numbers, read at a scrape. */
export interface MediaCounts {
  readonly framesIn: number;
  readonly framesOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly gaps: number;
  /** Audio that never arrived, in ms. */
  readonly gapMs: number;
  readonly marksOverdue: number;
  /** By the kind of problem: a small set that the gateway names. */
  readonly problems: Readonly<Record<string, number | undefined>>;
}

export function registerMediaMetrics(registry: Registry, media: () => MediaCounts): void {
  const readings = {
    earshot_media_frames_in_total: ["Media messages received", (counts) => counts.framesIn],
    earshot_media_frames_out_total: ["Media messages sent", (counts) => counts.framesOut],
    earshot_media_bytes_in_total: ["Bytes of caller audio received", (counts) => counts.bytesIn],
    earshot_media_bytes_out_total: ["Bytes of agent audio sent", (counts) => counts.bytesOut],
    earshot_media_gaps_total: ["Gaps in the caller's audio", (counts) => counts.gaps],
    earshot_media_gap_seconds_total: ["Caller audio that never arrived", (counts) => counts.gapMs / 1000],
    earshot_marks_overdue_total: ["Marks that were not echoed in time", (counts) => counts.marksOverdue],
  } satisfies Record<string, [string, (counts: MediaCounts) => number]>;
  for (const [name, [help, read]] of Object.entries(readings)) {
    new Counter({
      name,
      help,
      registers: [registry],
      collect() {
        this.reset();
        this.inc(read(media()));
      },
    });
  }
  new Counter({
    name: "earshot_media_problems_total",
    help: "Bad input on media sockets, by kind",
    labelNames: ["problem"],
    registers: [registry],
    collect() {
      this.reset();
      for (const [problem, count] of Object.entries(media().problems)) this.inc({ problem }, count ?? 0);
    },
  });
}
