import type { Stretch } from "./heard-timeline.ts";

/** Shorter silences are part of speaking. In ms. */
const SHORTEST = 250;

/** The caller heard nothing although the agent was to speak. Times in ms. */
export interface OwedSilence {
  readonly start: number;
  readonly duration: number;
  /** The agent ended it. Otherwise the caller gave up waiting, or the call was over. */
  readonly broken: boolean;
}

export interface OwedSilenceSources {
  /** Sound of the agent at the ear, in order. */
  readonly sounds: readonly Stretch[];
  /** When the caller spoke, in order; without an end while he still does. */
  readonly turns: readonly { readonly voiceStart: number; readonly voiceEnd: number | undefined }[];
  /** When the caller no longer waited for the agent. */
  readonly gaveUp: readonly number[];
  /** From a media stream's end to the next one's start. */
  readonly outages: readonly Stretch[];
  /** When the call was over while the caller still waited; undefined when caller or agent have hung up. */
  readonly cutOffAt: number | undefined;
}

/**
 * The silences of at least 250 ms that the agent owed to end: from the begin of the call, the caller's last voice or the
 * agent's last sound until the agent's next sound. When the caller speaks next, unasked for, the turn was his: that is
 * no silence of the agent's; when he speaks because he gave up, it is. When he speaks because the line is there again, it
 * was silence from the loss of the line.
 */
export function owedSilences(sources: OwedSilenceSources): readonly OwedSilence[] {
  const { sounds, turns } = sources;
  const starts = [0, ...sounds.map(({ end }) => end), ...turns.flatMap(({ voiceEnd }) => voiceEnd ?? [])]
    .filter((at) => !sounds.some(({ start, end }) => start <= at && at < end))
    .filter((at) => !turns.some(({ voiceStart, voiceEnd = Infinity }) => voiceStart <= at && at < voiceEnd))
    .sort((a, b) => a - b);
  const silences = [...new Set(starts)].map((start) => silenceFrom(start, sources));
  return silences.filter((silence) => silence !== undefined && silence.duration >= SHORTEST) as OwedSilence[];
}

function silenceFrom(
  start: number,
  { sounds, turns, gaveUp, outages, cutOffAt }: OwedSilenceSources,
): OwedSilence | undefined {
  const sound = sounds.find((stretch) => stretch.start >= start)?.start ?? Infinity;
  const voice = turns.find((turn) => turn.voiceStart >= start)?.voiceStart ?? Infinity;
  const givenUp = gaveUp.find((at) => at > start) ?? Infinity;
  if (givenUp <= voice && givenUp < sound) return { start, duration: givenUp - start, broken: false };
  if (sound <= voice && sound < Infinity) return { start, duration: sound - start, broken: true };
  const lost = outages.find((outage) => outage.start >= start && outage.start < voice)?.start;
  if (voice < Infinity && lost !== undefined) return { start: lost, duration: voice - lost, broken: true };
  if (voice < Infinity || cutOffAt === undefined) return undefined;
  return { start, duration: cutOffAt - start, broken: false };
}
