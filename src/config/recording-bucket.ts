import type { EnvironmentReader } from "./environment-reader.ts";
import { given } from "./given.ts";

/** A bucket of Amazon S3, or of a store that speaks its protocol, which complete recordings go to. */
export interface RecordingBucketConfig {
  readonly bucket: string;
  /** Origin of the store; unset: Amazon's. */
  readonly endpoint?: string;
  readonly region: string;
  /** Before the name of every recording. */
  readonly prefix: string;
  /** Unset: what the SDK finds for itself (its own variables, the machine's role). */
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
}

/** Undefined: recordings stay in the data folder. */
export function readRecordingBucket(environment: EnvironmentReader): RecordingBucketConfig | undefined {
  const bucket = environment.text("RECORDINGS_S3_BUCKET");
  const endpoint = environment.origin("RECORDINGS_S3_ENDPOINT");
  const region = environment.text("RECORDINGS_S3_REGION") ?? "us-east-1";
  const prefix = environment.text("RECORDINGS_S3_PREFIX") ?? "";
  const accessKeyId = environment.key("RECORDINGS_S3_ACCESS_KEY_ID");
  const secretAccessKey = environment.key("RECORDINGS_S3_SECRET_ACCESS_KEY");
  if ((accessKeyId === undefined) !== (secretAccessKey === undefined)) {
    const missing =
      accessKeyId === undefined ? "RECORDINGS_S3_ACCESS_KEY_ID" : "RECORDINGS_S3_SECRET_ACCESS_KEY";
    environment.problem(missing, "is not set, but the other half of the key is", "set both, or neither");
  }
  if (bucket !== undefined) return given({ bucket, endpoint, region, prefix, accessKeyId, secretAccessKey });
  if (endpoint !== undefined || accessKeyId !== undefined) {
    environment.problem(
      "RECORDINGS_S3_BUCKET",
      "is not set, but other RECORDINGS_S3 variables are",
      "name the bucket, or unset them",
    );
  }
  return undefined;
}
