import { startEarshot } from "./compose.ts";
import { loadConfig } from "./config/config.ts";
import { loadDotEnv } from "./config/dot-env.ts";
import { namesOf } from "./config/provider-lists.ts";
import { weakSecrets } from "./config/weak-secrets.ts";
import { GatewayError } from "./runtime/errors.ts";

try {
  loadDotEnv();
  const config = loadConfig(process.env);
  const earshot = await startEarshot(config);
  const { logger } = earshot;
  const weak = weakSecrets({ API_SECRET_KEY: config.apiSecretKey, JWT_SECRET: config.callHistory.jwtSecret });
  for (const sentence of [...config.notYet, ...weak]) logger.warn(sentence);
  logger.info(
    { url: earshot.url, public_url: earshot.publicUrl, providers: namesOf(config.providers) },
    "ready",
  );

  const stop = (signal: NodeJS.Signals, drain: number): void => {
    logger.info({ signal }, "stopping");
    earshot
      .drain(drain)
      .then(() => earshot.close("shutdown"))
      .catch((error: unknown) => {
        logger.error({ err: error }, "did not stop cleanly");
        process.exitCode = 1;
      });
  };
  process.once("SIGTERM", (signal) => stop(signal, config.deployment.drain));
  // Ctrl-C ends them at once.
  process.once("SIGINT", (signal) => stop(signal, 0));
  process.once("uncaughtException", (error) => {
    logger.fatal({ err: error }, "a bug: stopping");
    process.exit(1);
  });
} catch (error) {
  if (!(error instanceof GatewayError) && !isListenError(error)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}

function isListenError(error: unknown): error is Error {
  return error instanceof Error && "syscall" in error && error.syscall === "listen";
}
