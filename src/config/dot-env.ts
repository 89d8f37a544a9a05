import { existsSync } from "node:fs";
import { GatewayError } from "../runtime/errors.ts";

/**
 * Adds the variables of an `.env` file to the environment of the process, when there is such a file.
 * What the environment already has stays as it is. Throws `CONFIG_INVALID` when the file cannot be read.
 */
export function loadDotEnv(path = ".env"): void {
  if (!existsSync(path)) return;
  try {
    process.loadEnvFile(path);
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, cause: unknown): GatewayError {
  const message = `${path} cannot be read: make it a readable file, or remove it.`;
  return new GatewayError("CONFIG_INVALID", message, { cause });
}
