import { Fleet } from "./fleet.ts";
import { pause } from "./pause.ts";
import { readQuestion } from "./question.ts";
import { RampMeter, type RampStep } from "./ramp-meter.ts";
import { ENDPOINT } from "./stand-in-delays.ts";
import type { SystemUnderTest } from "./systems.ts";
import type { VendorStandIns } from "./vendor-stand-ins.ts";

export interface RampTiming {
  /** More time before the first load is measured, at that load: until V8 has compiled what is called often. */
  readonly warmUp: number;
  /** New calls of a step are placed evenly over this: about as long as a turn, so that callers talk in turns. */
  readonly spread: number;
  /** From the last call of a step to the begin of measuring. */
  readonly settle: number;
  readonly window: number;
}

const QUIET = 700;

/** Adds calls step by step, and measures each load when it is steady, until the system no longer keeps up. */
export async function ramp(
  system: SystemUnderTest,
  standIns: VendorStandIns,
  steps: readonly number[],
  timing: RampTiming,
  progress: (line: string) => void,
): Promise<RampStep[]> {
  const fleet = new Fleet({
    system,
    standIns,
    question: readQuestion(ENDPOINT),
    questions: 1_000,
    quiet: QUIET,
    limit: timing.warmUp + steps.length * (timing.spread + timing.settle + timing.window) + 120_000,
  });
  const meter = new RampMeter(system, standIns, fleet);
  const measured: RampStep[] = [];
  meter.start();
  try {
    for (const calls of steps) {
      progress(`capacity: ${system.name}, ${calls} calls`);
      await fleet.add(calls - fleet.size, timing.spread);
      await pause(timing.settle + (measured.length === 0 ? timing.warmUp : 0));
      const step = await meter.measure(timing.window);
      measured.push(step);
      if (step.limit !== undefined) break;
    }
  } finally {
    meter.stop();
    await fleet.hangUp();
  }
  return measured;
}
