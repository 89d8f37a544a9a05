/** The part of a V8 CPU profile (`node --cpu-prof`) that is read here. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** Ids of nodes, one for each sample. */
  readonly samples: readonly number[];
  /** Microseconds since the sample before. */
  readonly timeDeltas: readonly number[];
}

export interface BusyFunction {
  readonly function: string;
  readonly where: string;
  /** Time in the function itself, in ms. */
  readonly self: number;
  /** Of all time that was not idle, in percent. */
  readonly share: number;
}

/** The functions in which most time was spent, without what they called. */
export function busiestFunctions({ nodes, samples, timeDeltas }: CpuProfile, count: number): BusyFunction[] {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, { function: string; where: string; self: number }>();
  let busy = 0;
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === "(idle)") continue;
    const self = (timeDeltas[index] ?? 0) / 1000;
    busy += self;
    const where = placeOf(frame);
    const name = frame.functionName || "(anonymous)";
    const known = times.get(`${name} ${where}`);
    if (known === undefined) times.set(`${name} ${where}`, { function: name, where, self });
    else known.self += self;
  }
  return [...times.values()]
    .sort((a, b) => b.self - a.self)
    .slice(0, count)
    .map((entry) => ({ ...entry, share: (entry.self / busy) * 100 }));
}

/** From `src/` or the package on, with the line from 1; empty for what is V8's own. */
function placeOf({ url, lineNumber }: CpuProfile["nodes"][number]["callFrame"]): string {
  if (url === "") return "";
  const path = /(?:.*\/node_modules\/|.*\/(?=(?:src|bench)\/))(.*)$/.exec(url)?.[1] ?? url;
  return `${path}:${lineNumber + 1}`;
}
