import { join } from "node:path";
import type { AgentProfile } from "./calls/agent-profile.ts";
import type { CallDirectory } from "./calls/call-directory.ts";
import type { CallRegistry } from "./calls/call-registry.ts";
import type { Erasable } from "./calls/erasure.ts";
import { RecordingRetention } from "./calls/recording-retention.ts";
import type { Recordings } from "./calls/recordings.ts";
import type { Config } from "./config/config.ts";
import type { RecordingBucketOptions } from "./recordings/recording-bucket.ts";
import { RecordingFolder } from "./recordings/recording-folder.ts";
import { UploadedRecordings } from "./recordings/uploaded-recordings.ts";
import { WAV_BYTES_PER_MS } from "./recordings/wav-header.ts";
import type { Clock } from "./runtime/clock.ts";

export interface RecordingParts {
  readonly config: Pick<Config, "dataDir" | "recordingRetentionDays" | "recordingBucket">;
  readonly profiles: readonly AgentProfile[];
  readonly directory: CallDirectory;
  readonly registry: CallRegistry;
  readonly clock: Clock;
  readonly onError: (error: unknown, what: string) => void;
}

/** The recordings of this process, and what removes them in time. */
export interface RecordingDesk extends Erasable {
  readonly recordings: Recordings;
  /** Ms that are missing from them because they could not be written. */
  readonly unrecorded: number;
  close(): Promise<void>;
}

/** Opens the folder; undefined without a data folder: nothing is recorded then. */
export async function composeRecordings(parts: RecordingParts): Promise<RecordingDesk | undefined> {
  const { config, profiles, directory, registry, clock, onError } = parts;
  if (config.dataDir === ":memory:") return undefined;
  const folder = new RecordingFolder(join(config.dataDir, "recordings"), onError);
  await folder.start();
  const recordings: RecordingFolder | UploadedRecordings = config.recordingBucket
    ? await uploaded(folder, { ...config.recordingBucket, clock }, registry, onError)
    : folder;
  const byDefault = config.recordingRetentionDays;
  const daysOf = (profile: AgentProfile | undefined) => profile?.recording.retentionDays ?? byDefault;
  const days = [byDefault, ...profiles.map(daysOf)].filter((some) => some !== undefined);
  const retention = new RecordingRetention({
    recordings,
    daysFor: async (sessionId) => {
      const call = await directory.find(sessionId);
      return daysOf(profiles.find(({ name }) => name === call?.profile));
    },
    fewestDays: days.length === 0 ? undefined : Math.min(...days),
    clock,
    onError: (error) => onError(error, "old recordings could not be removed; trying again"),
  });
  retention.start();
  return {
    recordings,
    get unrecorded() {
      return folder.lostBytes / WAV_BYTES_PER_MS;
    },
    async eraseCalls(sessionIds) {
      for (const sessionId of sessionIds) await recordings.remove(sessionId);
    },
    async close() {
      await retention.close();
      await recordings.close();
    },
  };
}

/** S3's SDK is loaded here and not before: who keeps recordings in the folder does not pay for it. */
async function uploaded(
  folder: RecordingFolder,
  options: RecordingBucketOptions,
  registry: CallRegistry,
  onError: (error: unknown, what: string) => void,
): Promise<UploadedRecordings> {
  const { RecordingBucket } = await import("./recordings/recording-bucket.ts");
  const bucket = new RecordingBucket(options);
  const isLive = (sessionId: number) => {
    const record = registry.find(sessionId);
    return record !== undefined && record.endedAt === undefined;
  };
  const recordings = new UploadedRecordings({ folder, bucket, isLive, clock: options.clock, onError });
  registry.events.on("event", ({ type, sessionId }) => {
    if (type === "call-ended" || type === "call-moved") recordings.over(sessionId);
  });
  await recordings.start();
  return recordings;
}
